/* SPDX-License-Identifier: BSD-3-Clause */
/* tcp_cookie.c - SYN cookies: when, and what is in one. */
#include "dataplane/tcp/tcp_conn.h"
#include "dataplane/tcp/tcp_wire.h"

enum {
	HASH_BITS = 28,
	MSS_SHIFT = HASH_BITS, /* three bits */
	PARITY_SHIFT = 31,
	OPTION_BITS = 6, /* window scale 4, SACK 1, ECN 1 */
	WSCALE_NONE = 15,
	SACK = BIT(4),
	ECN = BIT(5),
	NO_TIMESTAMPS = BIT(6), /* under the hash only */
	BEGUN_PER_SECOND_MIN = 64,
};

/*
 * A peer's MSS is rounded down to one of these: whatever is allowed, the defaults of both families
 * (RFC 9293 3.7.1), tunnels, Ethernet with IPv6, PPPoE and Ethernet with IPv4.
 */
static const uint16_t mss_values[TCP_COOKIE_MSS_VALUES] = {
    TCP_MSS_MIN, TCP_MSS_DEFAULT_V4, TCP_MSS_DEFAULT_V6, 1360, 1380, 1440, 1452, 1460};

/* What the hash is over. No padding. */
struct proven {
	struct flow_key key;
	tcp_seq irs;
	uint8_t mss_index, options;
	uint16_t zero;
};
_Static_assert(sizeof(struct proven) == 32, "cookie input has padding");

static uint32_t step_at(uint64_t now_us)
{
	return (uint32_t)(now_us / TCP_SECOND_US / TCP_COOKIE_STEP_S);
}

static void make_key(struct tcp_cookies *k, uint32_t step)
{
	const uint64_t halves[2][2] = {{step, 0}, {step, 1}};

	k->key[step & 1] = (struct hash_key){
	    keyed_hash(&k->base, halves[0], sizeof(halves[0])),
	    keyed_hash(&k->base, halves[1], sizeof(halves[1])),
	};
}

void tcp_cookie_init(struct tcp *t)
{
	struct tcp_cookies *k = &t->cookies;

	*k = (struct tcp_cookies){.base = tcp_secret(t, "cookies"), .step = step_at(t->now_us)};
	make_key(k, k->step);
	make_key(k, k->step - 1);
}

/* Two steps have a key at a time. */
static void turn(struct tcp *t)
{
	struct tcp_cookies *k = &t->cookies;
	const uint32_t step = step_at(t->now_us);

	if (step == k->step)
		return;
	k->step = step;
	make_key(k, step);
	make_key(k, step - 1);
}

void tcp_cookie_look(struct tcp *t)
{
	t->cookies.is_pool_short =
	    rte_mempool_avail_count(t->setup.pool) < t->setup.pool->size / 10;
}

void tcp_cookie_note_begun(struct tcp *t)
{
	struct tcp_cookies *k = &t->cookies;
	const uint32_t second = (uint32_t)(t->now_us / TCP_SECOND_US);

	if (k->began_s != second) {
		k->began_s = second;
		k->began = 0;
	}
	k->began++;
}

bool tcp_cookie_is_needed(struct tcp *t, enum iface iface)
{
	const struct tcp_cookies *k = &t->cookies;
	const uint32_t second = (uint32_t)(t->now_us / TCP_SECOND_US);

	return t->half_open.count >= t->half_open_max ||
	       (k->began_s == second &&
		k->began >= max_u32(t->half_open_max, BEGUN_PER_SECOND_MIN)) ||
	       (uint64_t)t->used * 10 >= (uint64_t)t->setup.conns * 9 || k->is_pool_short ||
	       tcp_pressure(t, iface) >= TCP_PRESSURE_HIGH;
}

static uint8_t mss_index(const struct flow_key *key, const struct tcp_options *o)
{
	const uint16_t unsaid = addr_is_v4(&key->remote) ? TCP_MSS_DEFAULT_V4 : TCP_MSS_DEFAULT_V6;
	const uint16_t mss = o->has_mss ? o->mss : unsaid;
	uint8_t i = TCP_COOKIE_MSS_VALUES - 1;

	while (i > 0 && mss_values[i] > mss)
		i--;
	return i;
}

static uint32_t hash(const struct tcp *t, uint32_t step, const struct proven *p)
{
	return (uint32_t)keyed_hash(&t->cookies.key[step & 1], p, sizeof(*p)) &
	       ((UINT32_C(1) << HASH_BITS) - 1);
}

static tcp_seq make_isn(const struct tcp *t, uint32_t step, const struct proven *p)
{
	return (step & 1) << PARITY_SHIFT | (uint32_t)p->mss_index << MSS_SHIFT | hash(t, step, p);
}

/* What is agreed on besides the MSS. */
static uint8_t options_of(const struct tcp *t, const struct tcp_in *syn)
{
	const bool asks_ecn = (syn->flags & (TCP_ECE | TCP_CWR)) == (TCP_ECE | TCP_CWR);
	unsigned int bits = syn->opt.has_wscale ? syn->opt.wscale : WSCALE_NONE;

	if (!syn->opt.has_ts)
		return NO_TIMESTAMPS;
	if (syn->opt.sack_permitted)
		bits |= SACK;
	if (asks_ecn && t->setup.ecn)
		bits |= ECN;
	return (uint8_t)bits;
}

static bool has_wscale(uint8_t options)
{
	return !(options & NO_TIMESTAMPS) && (options & WSCALE_NONE) != WSCALE_NONE;
}

/* The latest timestamp not in the future that ends in @options: segments that follow have later
 * ones. */
static uint32_t put_options(uint32_t now, uint8_t options)
{
	const uint32_t low = BIT(OPTION_BITS) - 1;
	const uint32_t ts = (now & ~low) | options;

	return options > (now & low) ? ts - low - 1 : ts;
}

void tcp_cookie_answer(struct tcp *t, const struct flow_key *key, const struct tcp_in *syn)
{
	const struct proven p = {.key = *key,
				 .irs = syn->seq,
				 .mss_index = mss_index(key, &syn->opt),
				 .options = options_of(t, syn)};
	struct tcp_fields f = {
	    .ack = syn->seq + 1,
	    .flags = TCP_SYN | TCP_ACK,
	    .window = UINT16_MAX,
	    .options = {.has_mss = true, .mss = tcp_announced_mss(t, key)},
	};

	turn(t);
	f.seq = make_isn(t, t->cookies.step, &p);
	if (syn->opt.has_ts) {
		f.options.has_ts = true;
		f.options.ts_val = put_options(tcp_clock_at(t, tcp_flow_hash(t, key)), p.options);
		f.options.ts_ecr = syn->opt.ts_val;
		f.options.has_wscale = has_wscale(p.options);
		f.options.wscale = TCP_WINDOW_SCALE;
		f.options.sack_permitted = (p.options & SACK) != 0;
		f.flags |= p.options & ECN ? TCP_ECE : 0;
	}
	t->cookies.until_us = t->now_us + 2 * TCP_COOKIE_STEP_S * TCP_SECOND_US;
	if (tcp_build_bare(t, key, &f))
		tcp_note(t, TCP_STAT_COOKIES_SENT);
	else
		tcp_count(t, DROP_TCP_COOKIE_UNSENT);
}

bool tcp_cookie_is_awaited(const struct tcp *t)
{
	return t->now_us < t->cookies.until_us;
}

/* The SYN's options out of our timestamp that came back. False: it is not of the last two steps. */
static bool take_options(const struct tcp *t, const struct flow_key *key, const struct tcp_in *in,
			 struct proven *p)
{
	uint32_t ago;

	p->options = NO_TIMESTAMPS;
	if (!in->opt.has_ts)
		return true;
	ago = tcp_clock_at(t, tcp_flow_hash(t, key)) - in->opt.ts_ecr;
	p->options = in->opt.ts_ecr & (BIT(OPTION_BITS) - 1);
	return ago <= (2 * TCP_COOKIE_STEP_S + 1) * (TCP_SECOND_US / TCP_CLOCK_US);
}

static void make_syn(const struct tcp_in *in, const struct proven *p, struct tcp_in *syn)
{
	*syn = (struct tcp_in){
	    .seq = p->irs,
	    .flags = TCP_SYN,
	    .opt = {.has_mss = true, .mss = mss_values[p->mss_index]},
	};
	if (p->options & NO_TIMESTAMPS)
		return;
	syn->opt.has_ts = true;
	syn->opt.ts_val = in->opt.ts_val;
	syn->opt.has_wscale = has_wscale(p->options);
	syn->opt.wscale = p->options & WSCALE_NONE;
	syn->opt.sack_permitted = (p->options & SACK) != 0;
	syn->flags |= p->options & ECN ? TCP_ECE | TCP_CWR : 0;
}

bool tcp_cookie_check(struct tcp *t, const struct flow_key *key, const struct tcp_in *in,
		      struct tcp_in *syn)
{
	const tcp_seq isn = in->ack - 1;
	struct proven p = {.key = *key, .irs = in->seq - 1, .mss_index = isn >> MSS_SHIFT & 7};
	uint32_t step;

	turn(t);
	step = t->cookies.step;
	if ((step & 1) != isn >> PARITY_SHIFT)
		step--;
	if (!take_options(t, key, in, &p) || make_isn(t, step, &p) != isn)
		return false;
	make_syn(in, &p, syn);
	return true;
}
