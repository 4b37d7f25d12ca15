/* What things cost, for the programs of this directory. */
#ifndef BENCH_H
#define BENCH_H

double cpu_us(void);         /* of this process, user and system */
double cpu_us_of(int pid);
double wall_us(void);
long rss_kib_of(int pid);
#endif
