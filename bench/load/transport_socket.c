/* SPDX-License-Identifier: BSD-3-Clause */
/* transport_socket.c - the kernel's TCP: non-blocking sockets behind one epoll. */
#include "bench/load/transport.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "bench/load/outbox.h"
#include "control/memory.h"

enum { EVENTS_MAX = 256, BACKLOG = 4096 };

enum conn_state { CONN_LISTENS, CONN_DIALS, CONN_OPEN, CONN_GONE };

struct transport_conn {
	struct transport *t;
	struct transport_conn *next_dirty;
	struct transport_conn *next_gone; /* or of the listeners */
	void *user;
	struct outbox out;
	int fd;
	enum conn_state state;
	bool is_dirty, is_blocked, wants_room, wants_finish;
};

struct transport {
	struct transport_calls calls;
	struct transport_conn *dirty, *gone, *listeners;
	struct outbox_pool blocks;
	const char *netns; /* where the thread is */
	int epoll, home;
	uint8_t in[TRANSPORT_READ];
};

struct transport *transport_make(const struct transport_calls *calls, char *error)
{
	struct transport *t = memory_get(sizeof(*t));

	t->calls = *calls;
	t->home = open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC);
	t->epoll = epoll_create1(EPOLL_CLOEXEC);
	if (t->epoll >= 0)
		return t;
	snprintf(error, TRANSPORT_ERROR, "no epoll: %s", strerror(errno));
	transport_free(t);
	return NULL;
}

static void free_all(struct transport_conn *list)
{
	for (struct transport_conn *next; list != NULL; list = next) {
		next = list->next_gone;
		if (list->state == CONN_LISTENS)
			close(list->fd);
		free(list);
	}
}

void transport_free(struct transport *t)
{
	free_all(t->listeners);
	free_all(t->gone);
	if (t->epoll >= 0)
		close(t->epoll);
	if (t->home >= 0)
		close(t->home);
	outbox_pool_free(&t->blocks);
	free(t);
}

/* A socket belongs to the namespace its thread is in when it is made, and stays there. */
static bool enter(struct transport *t, const char *netns, char *error)
{
	char path[128];
	int fd, result;

	if (netns == t->netns ||
	    (netns != NULL && t->netns != NULL && strcmp(netns, t->netns) == 0))
		return true;
	snprintf(path, sizeof(path), "/run/netns/%s", netns != NULL ? netns : "");
	fd = netns != NULL ? open(path, O_RDONLY | O_CLOEXEC) : t->home;
	result = fd >= 0 ? setns(fd, CLONE_NEWNET) : -1;
	if (result != 0)
		snprintf(error, TRANSPORT_ERROR, "network namespace %s: %s", netns,
			 strerror(errno));
	else
		t->netns = netns;
	if (netns != NULL && fd >= 0)
		close(fd);
	return result == 0;
}

static socklen_t address_of(const struct ip_addr *a, uint16_t port, struct sockaddr_storage *out)
{
	struct sockaddr_in *four = (struct sockaddr_in *)out;
	struct sockaddr_in6 *six = (struct sockaddr_in6 *)out;

	memset(out, 0, sizeof(*out));
	if (addr_is_v4(a)) {
		four->sin_family = AF_INET;
		four->sin_port = htons(port);
		four->sin_addr.s_addr = htonl(addr_v4(a));
		return sizeof(*four);
	}
	six->sin6_family = AF_INET6;
	six->sin6_port = htons(port);
	memcpy(&six->sin6_addr, a->b, sizeof(a->b));
	return sizeof(*six);
}

static bool watch(struct transport_conn *c, int how, uint32_t events)
{
	struct epoll_event event = {.events = events, .data.ptr = c};

	return epoll_ctl(c->t->epoll, how, c->fd, &event) == 0;
}

static struct transport_conn *adopt(struct transport *t, int fd, void *user, enum conn_state state)
{
	struct transport_conn *c = memory_get(sizeof(*c));
	const int one = 1;

	*c = (struct transport_conn){.t = t, .user = user, .fd = fd, .state = state};
	(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	return c;
}

static bool fail(char *error, const char *what, int fd)
{
	snprintf(error, TRANSPORT_ERROR, "%s: %s", what, strerror(errno));
	if (fd >= 0)
		close(fd);
	return false;
}

bool transport_listen(struct transport *t, const struct transport_place *place, void *listener,
		      char *error)
{
	struct sockaddr_storage address;
	const socklen_t len = address_of(&place->address, place->port, &address);
	struct transport_conn *c;
	const int one = 1;
	int fd;

	if (!enter(t, place->netns, error))
		return false;
	fd = socket(address.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one)) != 0 ||
	    bind(fd, (struct sockaddr *)&address, len) != 0 || listen(fd, BACKLOG) != 0)
		return fail(error, "cannot listen", fd);
	c = adopt(t, fd, listener, CONN_LISTENS);
	c->next_gone = t->listeners;
	t->listeners = c;
	return watch(c, EPOLL_CTL_ADD, EPOLLIN);
}

static bool bind_source(int fd, const struct ip_addr *source)
{
	struct sockaddr_storage address;
	const socklen_t len = address_of(source, 0, &address);
	const int one = 1;

	if (addr_is_unspecified(source))
		return true;
	return setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &one, sizeof(one)) == 0 &&
	       bind(fd, (struct sockaddr *)&address, len) == 0;
}

struct transport_conn *transport_dial(struct transport *t, const struct transport_place *place,
				      void *user, char *error)
{
	struct sockaddr_storage address;
	const socklen_t len = address_of(&place->address, place->port, &address);
	struct transport_conn *c;
	int fd;

	if (!enter(t, place->netns, error))
		return NULL;
	fd = socket(address.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0 || !bind_source(fd, &place->source) ||
	    (connect(fd, (struct sockaddr *)&address, len) != 0 && errno != EINPROGRESS)) {
		fail(error, "cannot dial", fd);
		return NULL;
	}
	c = adopt(t, fd, user, CONN_DIALS);
	if (watch(c, EPOLL_CTL_ADD, EPOLLIN | EPOLLOUT))
		return c;
	fail(error, "cannot dial", fd);
	free(c);
	return NULL;
}

uint8_t *transport_room(struct transport_conn *c, size_t want, size_t *room)
{
	struct transport *t = c->t;
	uint8_t *at = outbox_room(&c->out, &t->blocks, want, room);

	c->wants_room = *room < want;
	if (!c->is_dirty) { /* also when nothing follows: its block is given back by the flush */
		c->is_dirty = true;
		c->next_dirty = t->dirty;
		t->dirty = c;
	}
	return at;
}

void transport_commit(struct transport_conn *c, size_t len)
{
	c->out.len += (uint32_t)len;
}

/* The memory goes at the end of the turn: lists of this turn may still name it. */
static void let_go(struct transport_conn *c)
{
	if (c->state == CONN_GONE)
		return;
	close(c->fd);
	c->state = CONN_GONE;
	c->next_gone = c->t->gone;
	c->t->gone = c;
	outbox_give(&c->out, &c->t->blocks);
}

static void end(struct transport_conn *c, const char *why)
{
	void *user = c->user;

	let_go(c);
	c->t->calls.closed(user, why);
}

void transport_abort(struct transport_conn *c)
{
	const struct linger at_once = {1, 0};

	(void)setsockopt(c->fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once));
	let_go(c);
}

static void set_blocked(struct transport_conn *c, bool is_blocked)
{
	if (c->is_blocked == is_blocked)
		return;
	c->is_blocked = is_blocked;
	(void)watch(c, EPOLL_CTL_MOD, is_blocked ? EPOLLIN | EPOLLOUT : EPOLLIN);
}

static void push(struct transport_conn *c)
{
	ssize_t n = 0;

	if (c->state != CONN_OPEN)
		return;
	while (c->out.at < c->out.len) {
		n = send(c->fd, c->out.block + c->out.at, c->out.len - c->out.at, MSG_NOSIGNAL);
		if (n < 0)
			break;
		c->out.at += (uint32_t)n;
	}
	if (n < 0 && errno != EAGAIN) {
		end(c, strerror(errno));
		return;
	}
	set_blocked(c, n < 0);
	if (c->out.at < c->out.len)
		return;
	outbox_give(&c->out, &c->t->blocks);
	if (c->wants_finish) {
		c->wants_finish = false;
		(void)shutdown(c->fd, SHUT_WR);
	}
}

void transport_finish(struct transport_conn *c)
{
	size_t room;

	c->wants_finish = true;
	(void)transport_room(c, 0, &room);
}

static void room_again(struct transport_conn *c)
{
	if (c->state != CONN_OPEN || !c->wants_room ||
	    c->out.len - c->out.at >= TRANSPORT_BUFFER / 2)
		return;
	c->wants_room = false;
	c->t->calls.writable(c->user);
}

void transport_flush(struct transport *t)
{
	struct transport_conn *list = t->dirty;

	t->dirty = NULL;
	for (struct transport_conn *c = list, *next; c != NULL; c = next) {
		next = c->next_dirty;
		c->is_dirty = false;
		if (!c->is_blocked)
			push(c);
		room_again(c);
	}
}

static void take_callers(struct transport_conn *listener)
{
	struct transport *t = listener->t;
	struct transport_conn *c;
	int fd;

	while ((fd = accept4(listener->fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC)) >= 0) {
		c = adopt(t, fd, NULL, CONN_OPEN);
		c->user = t->calls.accepted(listener->user, c);
		if (c->user == NULL || !watch(c, EPOLL_CTL_ADD, EPOLLIN))
			transport_abort(c);
	}
}

static bool has_opened(struct transport_conn *c)
{
	int error = 0;
	socklen_t len = sizeof(error);

	(void)getsockopt(c->fd, SOL_SOCKET, SO_ERROR, &error, &len);
	if (error != 0) {
		end(c, strerror(error));
		return false;
	}
	c->state = CONN_OPEN;
	(void)watch(c, EPOLL_CTL_MOD, EPOLLIN);
	c->t->calls.opened(c->user);
	return c->state == CONN_OPEN;
}

static void take_bytes(struct transport_conn *c)
{
	const ssize_t n = recv(c->fd, c->t->in, sizeof(c->t->in), 0);

	if (n > 0)
		c->t->calls.received(c->user, c->t->in, (size_t)n);
	else if (n == 0)
		end(c, NULL);
	else if (errno != EAGAIN && errno != EINTR)
		end(c, strerror(errno));
}

static void on_event(struct transport_conn *c, uint32_t events)
{
	if (c->state == CONN_LISTENS) {
		take_callers(c);
		return;
	}
	if (c->state == CONN_GONE ||
	    (c->state == CONN_DIALS && (events & (EPOLLOUT | EPOLLERR | EPOLLHUP)) == 0))
		return;
	if (c->state == CONN_DIALS && !has_opened(c))
		return;
	if ((events & EPOLLOUT) != 0 && c->is_blocked) {
		push(c);
		room_again(c);
	}
	if (c->state == CONN_OPEN && (events & (EPOLLIN | EPOLLERR | EPOLLHUP)) != 0)
		take_bytes(c);
}

static void bury(struct transport *t)
{
	struct transport_conn *list = t->gone;

	t->gone = NULL;
	for (struct transport_conn *c = list, *next; c != NULL; c = next) {
		next = c->next_gone;
		if (!c->is_dirty) {
			free(c);
			continue;
		}
		c->next_gone = t->gone; /* the next flush still finds it in its list */
		t->gone = c;
	}
}

/* Kernels before 5.11, and valgrind, know milliseconds alone. */
static int wait_for(struct transport *t, struct epoll_event *events, uint64_t wait_ns)
{
	const struct timespec wait = {(time_t)(wait_ns / 1000000000), (long)(wait_ns % 1000000000)};
	const int count = epoll_pwait2(t->epoll, events, EVENTS_MAX, &wait, NULL);

	if (count >= 0 || errno != ENOSYS)
		return count;
	return epoll_wait(t->epoll, events, EVENTS_MAX, (int)((wait_ns + 999999) / 1000000));
}

void transport_turn(struct transport *t, uint64_t wait_ns)
{
	struct epoll_event events[EVENTS_MAX];
	int count;

	transport_flush(t);
	bury(t);
	count = wait_for(t, events, wait_ns);
	for (int i = 0; i < count; i++)
		on_event(events[i].data.ptr, events[i].events);
}
