/* The threads that move packets (user_out.c, user_in.c), their sockets and
 * their configuration.  They see it as an immutable world; the loop hands them
 * a new one and waits until they have it, so there is no lock per packet and
 * nothing outlives its last user. */
#include "dataplane/user_io.h"
#include <errno.h>
#include <linux/filter.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <time.h>

static uint64_t clock_ms(clockid_t clock)
{
	struct timespec t;

	clock_gettime(clock, &t);
	return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

uint64_t worker_now_ms(void)
{
	return clock_ms(CLOCK_MONOTONIC_COARSE);
}

uint64_t worker_wall_ms(void)
{
	return clock_ms(CLOCK_REALTIME_COARSE);
}

/* Takes the next world.  false: stop. */
bool world_take(struct worker *w)
{
	eventfd_t ignored;

	(void)eventfd_read(w->kick, &ignored);
	w->world = w->next;
	sem_post(&w->done);
	return w->world != NULL;
}

unsigned workers_queues(void)
{
	cpu_set_t may;
	int n;

	if (sched_getaffinity(0, sizeof(may), &may))
		return 1;
	n = CPU_COUNT(&may);
	return n < 1 ? 1 : n > DP_QUEUES_MAX ? DP_QUEUES_MAX : (unsigned)n;
}

const struct world_sa *world_sa_find(
	const struct world *w, bool ip6, uint32_t spi, int ifindex)
{
	const struct world_sa *other = NULL;

	for (size_t i = spi & w->sa_mask; w->sa[i].spi;
		i = (i + 1) & w->sa_mask) {
		if (w->sa[i].spi != spi || w->sa[i].group->ip6 != ip6)
			continue;
		if (w->sa[i].group->ifindex == ifindex)
			return &w->sa[i];
		other = &w->sa[i];
	}
	return other;
}

/* To the queue's own among the processors that the process may use. */
static void thread_pin(const struct worker *w)
{
	cpu_set_t may, one;
	unsigned at = 0;

	if (sched_getaffinity(0, sizeof(may), &may))
		return;
	CPU_ZERO(&one);
	for (size_t cpu = 0; cpu < CPU_SETSIZE; cpu++)
		if (CPU_ISSET(cpu, &may) && at++ == w->queue)
			CPU_SET(cpu, &one);
	(void)pthread_setaffinity_np(w->thread, sizeof(one), &one);
}

/* Signals are the loop's. */
static int thread_start(
	struct worker *w, const struct world *first, void *(*fn)(void *))
{
	sigset_t all, old;
	int rc;

	w->world = first;
	sem_init(&w->done, 0, 0);
	w->kick = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (w->kick < 0)
		return -errno;
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	rc = pthread_create(&w->thread, NULL, fn, w);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	w->running = !rc;
	/* On fewer the scheduler knows better: a pinned thread waits for its
	 * processor while another idles. */
	if (!rc && w->all->n > 2)
		thread_pin(w);
	return -rc;
}

/* Only what our rules marked: other ESP of this host is not ours. */
static int mark_filter(int fd)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
			(uint32_t)(SKF_AD_OFF + SKF_AD_MARK)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, DP_MARK_IN, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, UINT32_MAX),
		BPF_STMT(BPF_RET | BPF_K, 0),
	};
	struct sock_fprog prog = { ARRAY_LEN(code), code };

	return setsockopt(
		fd, SOL_SOCKET, SO_ATTACH_FILTER, &prog, sizeof(prog));
}

static int sockets_open(struct workers *w)
{
	int one = 1, room = 4 << 20;

	w->raw_rx = socket(AF_INET, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_ESP);
	w->trouble = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (w->raw_rx < 0 || w->trouble < 0 ||
		setsockopt(
			w->raw_rx, IPPROTO_IP, IP_PKTINFO, &one, sizeof(one)) ||
		mark_filter(w->raw_rx))
		return -errno;
	(void)setsockopt(
		w->raw_rx, SOL_SOCKET, SO_RCVBUFFORCE, &room, sizeof(room));
	return 0;
}

static void worker_next(struct worker *w, const struct world *next)
{
	w->next = next;
	(void)eventfd_write(w->kick, 1);
	while (sem_wait(&w->done) && errno == EINTR)
		continue;
}

static void worker_join(struct worker *w)
{
	if (w->running) {
		worker_next(w, NULL);
		pthread_join(w->thread, NULL);
	}
	w->running = false;
	mem_close_fd(&w->kick);
}

static int sockets_ip6(struct workers *w)
{
	int one = 1, room = 4 << 20, mark = DP_MARK_OWN;
	int device_mtu = IPV6_PMTUDISC_PROBE; /* as for IPv4 */

	w->raw6_tx = socket(AF_INET6, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_RAW);
	w->raw6_rx = socket(AF_INET6, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_ESP);
	if (w->raw6_tx < 0 || w->raw6_rx < 0 ||
		setsockopt(
			w->raw6_tx, SOL_SOCKET, SO_MARK, &mark, sizeof(mark)) ||
		setsockopt(w->raw6_tx, IPPROTO_IPV6, IPV6_MTU_DISCOVER,
			&device_mtu, sizeof(device_mtu)) ||
		setsockopt(w->raw6_rx, IPPROTO_IPV6, IPV6_RECVPKTINFO, &one,
			sizeof(one)) ||
		setsockopt(w->raw6_rx, IPPROTO_IPV6, IPV6_RECVTCLASS, &one,
			sizeof(one)) ||
		mark_filter(w->raw6_rx))
		return -errno;
	(void)setsockopt(
		w->raw6_rx, SOL_SOCKET, SO_RCVBUFFORCE, &room, sizeof(room));
	(void)setsockopt(
		w->raw6_tx, SOL_SOCKET, SO_SNDBUFFORCE, &room, sizeof(room));
	return 0;
}

static void stop_ip6(struct workers *w)
{
	worker_join(&w->out6);
	worker_join(&w->in6);
	mem_close_fd(&w->raw6_tx);
	mem_close_fd(&w->raw6_rx);
}

int workers_ip6(struct workers *w, const struct world *now)
{
	int rc;

	if (w->out6.running && w->in6.running)
		return 0;
	rc = sockets_ip6(w);
	if (!rc)
		rc = thread_start(&w->out6, now, out6_thread);
	if (!rc)
		rc = thread_start(&w->in6, now, in6_thread);
	if (rc)
		stop_ip6(w);
	return rc;
}

int workers_start(
	struct workers *w, unsigned queues, const struct world *first)
{
	int rc;

	*w = (struct workers){
		.n = queues, .raw_rx = -1, .trouble = -1
	};
	w->raw6_tx = w->raw6_rx = -1;
	w->out6 = w->in6 = (struct worker){ .all = w, .kick = -1 };
	for (unsigned q = 0; q < DP_QUEUES_MAX; q++) {
		w->out[q] = w->in[q] = (struct worker){
			.all = w, .queue = q, .kick = -1
		};
	}
	rc = sockets_open(w);
	for (unsigned q = 0; !rc && q < queues; q++) {
		rc = thread_start(&w->out[q], first, out_thread);
		if (!rc)
			rc = thread_start(&w->in[q], first, in_thread);
	}
	if (rc)
		workers_stop(w);
	return rc;
}

void workers_publish(struct workers *w, const struct world *next)
{
	for (unsigned q = 0; q < w->n; q++) {
		if (w->out[q].running)
			worker_next(&w->out[q], next);
		if (w->in[q].running)
			worker_next(&w->in[q], next);
	}
	if (w->out6.running)
		worker_next(&w->out6, next);
	if (w->in6.running)
		worker_next(&w->in6, next);
}

void workers_stop(struct workers *w)
{
	for (unsigned q = 0; q < w->n; q++) {
		worker_join(&w->out[q]);
		worker_join(&w->in[q]);
	}
	stop_ip6(w);
	mem_close_fd(&w->raw_rx);
	mem_close_fd(&w->trouble);
}
