"""Runs functions as the tests of a TAP text, named by their doc strings."""
import traceback


def run(tests):
    """All of them, whatever fails; the exit status."""
    failed = 0
    for i, test in enumerate(tests, 1):
        try:
            test()
            print("ok %d - %s" % (i, test.__doc__), flush=True)
        except Exception:
            failed += 1
            print("not ok %d - %s" % (i, test.__doc__))
            for text in traceback.format_exc().splitlines():
                print("# " + text, flush=True)
    print("1..%d" % len(tests))
    return 1 if failed else 0
