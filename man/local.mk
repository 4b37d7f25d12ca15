# Manual pages, mdoc(7).
dist_man_MANS += man/getvpnd.8 man/getvpnsh.1
