/* SPDX-License-Identifier: BSD-3-Clause */
/* resolver_test.c - the resolver against a name server of its own on loopback, which answers what
 * the test says, when it says. */
#include <arpa/inet.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "control/resolver.h"
#include "tests/check.h"

enum { TYPE_A = 1, TYPE_AAAA = 28, TYPE_SRV = 33, ANSWERS_MAX = 16, PATIENCE_US = 5000000 };

/* Of the zone: whatever is not here does not exist. */
struct record {
	const char *name; /* as on the wire, lower case */
	uint16_t type;
	uint64_t delay_us;
	const char *data;
	uint16_t len;
};

struct server;

struct late {
	struct loop_timer timer;
	struct server *server;
	struct sockaddr_in to;
	uint8_t bytes[512];
	size_t len;
	bool used;
};

struct server {
	struct loop *loop;
	struct loop_watch watch;
	const struct record *zone;
	size_t records;
	struct late late[ANSWERS_MAX];
};

#define DOMAIN "\7contoso\7example"
#define SRV(priority, host)                                                                        \
	"\0" priority "\0\1\x14\x95" host DOMAIN "\0", 6 + sizeof(host) - 1 + sizeof(DOMAIN)

static void send_late(struct loop_timer *t)
{
	struct late *l = CONTAINER_OF(t, struct late, timer);

	CHECK(sendto(l->server->watch.fd, l->bytes, l->len, 0, (const struct sockaddr *)&l->to,
		     sizeof(l->to)) == (ssize_t)l->len);
	l->used = false;
}

/* The answer to the question in l->bytes. Returns after how long it goes. */
static uint64_t make_answer(const struct server *s, struct late *l)
{
	uint8_t *b = l->bytes;
	size_t name = 0;
	uint16_t type;

	for (; b[12 + name] != 0; name++) /* its case is drawn at random */
		if (b[12 + name] >= 'A' && b[12 + name] <= 'Z')
			b[12 + name] |= 0x20;
	type = (uint16_t)(b[13 + name] << 8 | b[14 + name]);
	l->len = 17 + name;
	b[2] = 0x85; /* an answer, of authority */
	b[3] = 0x83; /* NXDOMAIN, unless a record is there */
	memset(b + 6, 0, 6);
	for (size_t i = 0; i < s->records; i++) {
		const struct record *r = &s->zone[i];

		if (strcmp(r->name, (const char *)b + 12) != 0)
			continue;
		b[3] = 0x80;
		if (r->type != type)
			continue;
		memcpy(b + l->len, "\xc0\x0c\0\0\0\1\0\0\0\0\0\0", 12);
		b[l->len + 3] = (uint8_t)type;
		b[l->len + 11] = (uint8_t)r->len;
		memcpy(b + l->len + 12, r->data, r->len);
		l->len += 12u + r->len;
		b[7]++;
	}
	for (size_t i = 0; i < s->records; i++)
		if (strcmp(s->zone[i].name, (const char *)b + 12) == 0 && s->zone[i].type == type)
			return s->zone[i].delay_us;
	return 0;
}

static void hear(struct loop_watch *w, uint32_t events)
{
	struct server *s = CONTAINER_OF(w, struct server, watch);
	struct late *l = s->late;
	socklen_t len = sizeof(l->to);

	(void)events;
	while (l->used && l + 1 < s->late + ANSWERS_MAX)
		l++;
	CHECK(!l->used);
	*l = (struct late){.server = s, .used = true, .timer.due = send_late};
	if (recvfrom(w->fd, l->bytes, 256, 0, (struct sockaddr *)&l->to, &len) > 16)
		loop_at(s->loop, &l->timer, loop_now_us(s->loop) + make_answer(s, l));
	else
		l->used = false;
}

/* What the resolver has told. */
struct told {
	bool done;
	enum resolver_result result;
	size_t count;
	struct resolver_target target[RESOLVER_TARGETS_MAX];
};

static void tell(void *user, enum resolver_result result, const struct resolver_target *targets,
		 size_t count)
{
	struct told *t = user;

	t->done = true;
	t->result = result;
	t->count = count;
	memcpy(t->target, targets, count * sizeof(*targets));
}

static bool flushes;             /* while the answers are under way */
static struct dns_note srv_note; /* what is remembered of the SRV question, once it is answered */

/* Asks for contoso.example, and takes @took_us. */
static const struct told *ask(const struct record *zone, size_t records, unsigned int families,
			      uint64_t *took_us)
{
	struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
	static struct server s;
	static struct told t; /* large for the stack, as the server is */
	socklen_t len = sizeof(address);
	char where[32], error[256] = "";
	const struct dns_note *note;
	unsigned int forgotten = 0;
	struct resolver *r;
	uint64_t began;

	s = (struct server){.loop = loop_make(), .zone = zone, .records = records};
	s.watch.fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	s.watch.ready = hear;
	CHECK(bind(s.watch.fd, (const struct sockaddr *)&address, len) == 0 &&
	      getsockname(s.watch.fd, (struct sockaddr *)&address, &len) == 0);
	snprintf(where, sizeof(where), "127.0.0.1@%u", ntohs(address.sin_port));
	CHECK(s.loop != NULL && loop_watch(s.loop, &s.watch, EPOLLIN));
	r = resolver_make(s.loop, families, where, false, error);
	CHECK(r != NULL);
	t = (struct told){0};
	began = loop_now_us(s.loop);
	(void)resolver_domain(r, "contoso.example", tell, &t);
	CHECK(!flushes || (resolver_flush(r, NULL, &forgotten, error) && forgotten == 0));
	while (!t.done && loop_now_us(s.loop) - began < PATIENCE_US)
		loop_turn(s.loop);
	*took_us = loop_now_us(s.loop) - began;
	CHECK(t.done);
	note = dns_record_find(resolver_record(r), "_xmpp-server._tcp.contoso.example", TYPE_SRV);
	srv_note = note != NULL ? *note : (struct dns_note){.at_us = 0};
	CHECK(resolver_flush(r, "contoso.example", &forgotten, error) && forgotten > 0);
	CHECK(dns_record_find(resolver_record(r), "_xmpp-server._tcp.contoso.example", TYPE_SRV) ==
	      NULL);
	resolver_free(r);
	for (size_t i = 0; i < ANSWERS_MAX; i++)
		if (s.late[i].used)
			loop_cancel(s.loop, &s.late[i].timer);
	loop_unwatch(s.loop, &s.watch);
	close(s.watch.fd);
	loop_free(s.loop);
	return &t;
}

static const struct record two_hosts[] = {
    {"\x0c_xmpp-server\4_tcp" DOMAIN, TYPE_SRV, 0, SRV("\1", "\5first")},
    {"\x0c_xmpp-server\4_tcp" DOMAIN, TYPE_SRV, 0, SRV("\2", "\6second")},
    {"\5first" DOMAIN, TYPE_A, 300000, "\xc0\0\2\1", 4},
    {"\6second" DOMAIN, TYPE_A, 0, "\xc0\0\2\2", 4},
};

/* RFC 2782: the host of the lower number first, however slowly its address comes. */
static void waits_for_hosts_of_one_family(void)
{
	static const unsigned int families[] = {RESOLVER_V4, RESOLVER_V4 | RESOLVER_V6};

	for (size_t i = 0; i < ARRAY_LEN(families); i++) {
		uint64_t took_us;
		const struct told *t = ask(two_hosts, ARRAY_LEN(two_hosts), families[i], &took_us);

		CHECK_EQ(t->result, RESOLVER_FOUND);
		CHECK_EQ(t->count, 2);
		CHECK_STR(t->target[0].host, "first.contoso.example");
		CHECK_STR(t->target[1].host, "second.contoso.example");
	}
}

static const struct record slow_ipv6[] = {
    {DOMAIN, TYPE_A, 0, "\xc0\0\2\1", 4},
    {DOMAIN, TYPE_AAAA, 3000000, "\x20\1\xd\xb8\0\0\0\0\0\0\0\0\0\0\0\1", 16},
};

/* RFC 8305 3: one family's answer does not wait for a name server that is slow with the other. */
static void waits_little_for_the_other_family(void)
{
	uint64_t took_us;
	const struct told *t =
	    ask(slow_ipv6, ARRAY_LEN(slow_ipv6), RESOLVER_V4 | RESOLVER_V6, &took_us);

	CHECK_EQ(t->result, RESOLVER_FOUND);
	CHECK_EQ(t->count, 1);
	CHECK(addr_is_v4(&t->target[0].address));
	CHECK(took_us < 2500000);
}

static const struct record both[] = {
    {DOMAIN, TYPE_A, 0, "\xc0\0\2\1", 4},
    {DOMAIN, TYPE_A, 0, "\xc0\0\2\2", 4},
    {DOMAIN, TYPE_AAAA, 0, "\x20\1\xd\xb8\0\0\0\0\0\0\0\0\0\0\0\1", 16},
};

/* RFC 8305 4: the families in turn, IPv6 first. */
static void mixes_the_families(void)
{
	uint64_t took_us;
	const struct told *t = ask(both, ARRAY_LEN(both), RESOLVER_V4 | RESOLVER_V6, &took_us);

	CHECK_EQ(t->count, 3);
	CHECK(!addr_is_v4(&t->target[0].address) && addr_is_v4(&t->target[1].address) &&
	      addr_is_v4(&t->target[2].address));
	t = ask(both, ARRAY_LEN(both), RESOLVER_V6, &took_us);
	CHECK_EQ(t->count, 1);
	CHECK(!addr_is_v4(&t->target[0].address));
}

/* A flush takes nothing from who waits; what is answered is remembered, and what is not there, too.
 */
static void remembers_and_forgets(void)
{
	uint64_t took_us;

	flushes = true;
	CHECK_EQ(ask(two_hosts, ARRAY_LEN(two_hosts), RESOLVER_V4, &took_us)->result,
		 RESOLVER_FOUND);
	flushes = false;
	CHECK_EQ(srv_note.result, DNS_FOUND);
	CHECK_EQ(srv_note.count, 2);
	CHECK_EQ(srv_note.security, DNS_UNSIGNED);
	CHECK(strstr(srv_note.data, "second.contoso.example:5269(2,0)") != NULL ||
	      strstr(srv_note.data, "second.contoso.example:5269(2,1)") != NULL);
	(void)ask(both, ARRAY_LEN(both), RESOLVER_V4, &took_us);
	CHECK(srv_note.result == DNS_NO_NAME || srv_note.result == DNS_NO_DATA);
	CHECK_EQ(srv_note.count, 0);
}

int main(void)
{
	RUN(waits_for_hosts_of_one_family);
	RUN(waits_little_for_the_other_family);
	RUN(mixes_the_families);
	RUN(remembers_and_forgets);
	return check_summary();
}
