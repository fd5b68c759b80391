/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * record_bench.c - the record layer beside what it stands on, ipsec-mb called by hand, and beside
 * OpenSSL: in one process, in turn, on the CPU time of this thread; README.md says what each line
 * is.
 */
#include <intel-ipsec-mb.h>
#include <stdlib.h>
#include <string.h>

#include "bench/machine.h"
#include "bench/record_bench.h"
#include "dataplane/tls/record.h"

enum {
	ROUNDS = 15,
	ROUNDS_SHORT = 5,
	STRETCH_BYTES = 1 << 24, /* sealed and opened between two looks at the clock */
	STRETCH_BYTES_SHORT = 1 << 22,
	SLOT = RECORD_BENCH_PLAIN_MAX + 256, /* of one record, header and all */
	SEGMENT = 1448,
	PIECES_MAX = SLOT / SEGMENT + 1,
	TAG = 16,
};

/* A kind of record. */
struct cell {
	const char *name;
	enum tls_version version;
	enum tls_suite suite;
	size_t bytes;
	bool is_goal; /* of the issue */
};

static const struct cell cells[] = {
    {"512", TLS_1_3, TLS_AES_128_GCM, 512, true},
    {"1400", TLS_1_3, TLS_AES_128_GCM, 1400, false},
    {"16384", TLS_1_3, TLS_AES_128_GCM, 16384, true},
    {"aes256.512", TLS_1_3, TLS_AES_256_GCM, 512, false},
    {"aes256.16384", TLS_1_3, TLS_AES_256_GCM, 16384, false},
    {"chacha20.512", TLS_1_3, TLS_CHACHA20_POLY1305, 512, false},
    {"chacha20.16384", TLS_1_3, TLS_CHACHA20_POLY1305, 16384, false},
    {"tls12.512", TLS_1_2, TLS_AES_128_GCM, 512, false},
    {"tls12.16384", TLS_1_2, TLS_AES_128_GCM, 16384, false},
};

/* Both ends of a connection, ipsec-mb beside them, and the bytes that all work on. */
struct world {
	const struct cell *cell;
	struct record_machine *machine;
	struct record_state *writer, *reader;
	IMB_MGR *mb;
	struct gcm_key_data gcm CACHE_ALIGNED;
	uint8_t raw_key[32], iv[12], aad[5];
	size_t raw_bytes;            /* that ipsec-mb by hand gets */
	unsigned int batch, stretch; /* records a batch, batches a stretch */
	uint8_t slot[RECORD_BENCH_BATCH_MAX][SLOT] CACHE_ALIGNED;
	uint8_t plain[SLOT] CACHE_ALIGNED;
};

static struct world world;

/* --- ours --- */

static struct record_state *make_state(const struct cell *cell, bool is_writer)
{
	struct tls_handover keys = {
	    .version = cell->version,
	    .suite = cell->suite,
	    .hash = cell->suite == TLS_AES_256_GCM ? TLS_SHA384 : TLS_SHA256,
	};
	struct record_state *s = malloc(record_state_bytes());

	memset(is_writer ? &keys.write : &keys.read, 0x51,
	       offsetof(struct tls_direction_keys, seq));
	memset(is_writer ? &keys.read : &keys.write, 0x52,
	       offsetof(struct tls_direction_keys, seq));
	if (s == NULL || !record_init(s, &keys, false))
		bench_die("no record state");
	return s;
}

static void free_state(struct record_state *s)
{
	record_close(s, world.machine);
	free(s);
}

static size_t seal(uint8_t *slot)
{
	const size_t len =
	    record_seal(world.writer, world.machine, RECORD_DATA, slot, world.cell->bytes);

	if (len == 0)
		bench_die("a record is not sealed");
	return len;
}

static void open_pieces(const struct span *pieces, size_t count)
{
	size_t len;

	if (record_open(world.reader, world.machine, pieces, count, 1, world.plain, &len) !=
		RECORD_OPENED ||
	    len != world.cell->bytes)
		bench_die("a record is not opened");
}

static void seal_batch(void)
{
	for (unsigned int i = 0; i < world.batch; i++)
		(void)seal(world.slot[i]);
}

/* Wire bytes in pieces of @piece, as they lie in the mbufs of a receive list. */
static void open_batch(size_t piece)
{
	const size_t len = record_sealed_len(world.writer, world.cell->bytes);
	struct span pieces[PIECES_MAX];

	for (unsigned int i = 0; i < world.batch; i++) {
		size_t count = 0;

		for (size_t at = 0; at < len; at += piece)
			pieces[count++] =
			    (struct span){world.slot[i] + at, min_size(piece, len - at)};
		open_pieces(pieces, count);
	}
}

static double per_record(const struct bench *b, uint64_t start_ns)
{
	return (double)bench_since_ns(b, start_ns) / ((double)world.stretch * world.batch);
}

static double ours_ns(const struct bench *b)
{
	const uint64_t start_ns = bench_cpu_ns();

	for (unsigned int n = 0; n < world.stretch; n++) {
		seal_batch();
		open_batch(SLOT);
	}
	return per_record(b, start_ns);
}

/* Each stanza is copied to its place first, as the core does. */
static double copied_ns(const struct bench *b)
{
	const size_t offset = record_plain_offset(world.writer);
	const uint64_t start_ns = bench_cpu_ns();

	for (unsigned int n = 0; n < world.stretch; n++) {
		for (unsigned int i = 0; i < world.batch; i++) {
			memcpy(world.slot[i] + offset, world.plain, world.cell->bytes);
			(void)seal(world.slot[i]);
		}
		open_batch(SLOT);
	}
	return per_record(b, start_ns);
}

/* Of opening alone, in pieces of @piece. */
static double open_ns(const struct bench *b, size_t piece)
{
	uint64_t ns = 0;

	for (unsigned int n = 0; n < world.stretch; n++) {
		uint64_t start_ns;

		seal_batch();
		start_ns = bench_cpu_ns();
		open_batch(piece);
		ns += bench_since_ns(b, start_ns);
	}
	return (double)ns / ((double)world.stretch * world.batch);
}

/* --- ipsec-mb by hand: the schedule is there, the bytes lie in one piece --- */

static void raw_begin(void)
{
	memset(world.raw_key, 0x51, sizeof(world.raw_key));
	memset(world.iv, 0x51, sizeof(world.iv));
	memset(world.aad, 0x17, sizeof(world.aad));
	if (world.cell->suite == TLS_AES_128_GCM)
		IMB_AES128_GCM_PRE(world.mb, world.raw_key, &world.gcm);
	else if (world.cell->suite == TLS_AES_256_GCM)
		IMB_AES256_GCM_PRE(world.mb, world.raw_key, &world.gcm);
}

static void raw_chacha(uint8_t *slot, uint8_t tag[TAG], bool is_seal)
{
	struct chacha20_poly1305_context_data work;
	const size_t len = world.raw_bytes;

	IMB_CHACHA20_POLY1305_INIT(world.mb, world.raw_key, &work, world.iv, world.aad, 5);
	if (is_seal) {
		IMB_CHACHA20_POLY1305_ENC_UPDATE(world.mb, world.raw_key, &work, slot, slot, len);
		IMB_CHACHA20_POLY1305_ENC_FINALIZE(world.mb, &work, slot + len, TAG);
	} else {
		IMB_CHACHA20_POLY1305_DEC_UPDATE(world.mb, world.raw_key, &work, world.plain, slot,
						 len);
		IMB_CHACHA20_POLY1305_DEC_FINALIZE(world.mb, &work, tag, TAG);
	}
}

static void raw_seal(uint8_t *slot)
{
	const size_t len = world.raw_bytes;
	struct gcm_context_data work;

	if (world.cell->suite == TLS_AES_128_GCM)
		IMB_AES128_GCM_ENC(world.mb, &world.gcm, &work, slot, slot, len, world.iv,
				   world.aad, 5, slot + len, TAG);
	else if (world.cell->suite == TLS_AES_256_GCM)
		IMB_AES256_GCM_ENC(world.mb, &world.gcm, &work, slot, slot, len, world.iv,
				   world.aad, 5, slot + len, TAG);
	else
		raw_chacha(slot, NULL, true);
}

static void raw_open(uint8_t *slot, uint8_t tag[TAG])
{
	const size_t len = world.raw_bytes;
	struct gcm_context_data work;

	if (world.cell->suite == TLS_AES_128_GCM)
		IMB_AES128_GCM_DEC(world.mb, &world.gcm, &work, world.plain, slot, len, world.iv,
				   world.aad, 5, tag, TAG);
	else if (world.cell->suite == TLS_AES_256_GCM)
		IMB_AES256_GCM_DEC(world.mb, &world.gcm, &work, world.plain, slot, len, world.iv,
				   world.aad, 5, tag, TAG);
	else
		raw_chacha(slot, tag, false);
}

/* Leaves the bytes as ours_ns() wants them. */
static double raw_ns(const struct bench *b, size_t bytes)
{
	uint64_t start_ns;
	uint8_t tag[TAG];
	double ns;

	world.raw_bytes = bytes;
	start_ns = bench_cpu_ns();
	for (unsigned int n = 0; n < world.stretch; n++) {
		for (unsigned int i = 0; i < world.batch; i++)
			raw_seal(world.slot[i]);
		for (unsigned int i = 0; i < world.batch; i++)
			raw_open(world.slot[i], tag);
		bench_keep(tag);
	}
	ns = per_record(b, start_ns);
	for (unsigned int i = 0; i < world.batch; i++)
		memset(world.slot[i], 'x', world.cell->bytes);
	return ns;
}

/* --- lines --- */

static void enter(const struct bench *b, const struct cell *cell)
{
	const size_t bytes = b->is_short ? STRETCH_BYTES_SHORT : STRETCH_BYTES;

	world.cell = cell;
	world.writer = make_state(cell, true);
	world.reader = make_state(cell, false);
	world.batch = record_bench_batch(cell->bytes);
	world.stretch = (unsigned int)(bytes / cell->bytes / world.batch);
	raw_begin();
	for (unsigned int i = 0; i < world.batch; i++)
		memset(world.slot[i], 'x', cell->bytes);
}

static void leave(void)
{
	free_state(world.writer);
	free_state(world.reader);
}

static void say(struct bench *b, const char *what, const char *unit, double *values, double goal,
		double aim)
{
	char name[48];
	const struct bench_line line = {name, unit, goal > 0 ? BENCH_AT_LEAST : BENCH_INFO, goal,
					aim};

	snprintf(name, sizeof(name), "record.%s.%s", world.cell->name, what);
	bench_report(b, &line, values, b->rounds);
}

/*
 * In the order ours, theirs, theirs, ours, so that what drifts disturbs both. `raw` is by bytes of
 * data, `calls` by what the cipher really gets: in TLS 1.3 one byte more, the record's type.
 */
static void compare_raw(struct bench *b, const struct cell *cell)
{
	double ns[BENCH_ROUNDS_MAX], ratio[BENCH_ROUNDS_MAX], calls[BENCH_ROUNDS_MAX];
	const size_t all = cell->bytes + (cell->version == TLS_1_3 ? 1 : 0);

	enter(b, cell);
	for (unsigned int r = 0; r < b->rounds; r++) {
		double ours = ours_ns(b), raw = raw_ns(b, cell->bytes), same = raw_ns(b, all);

		same += raw_ns(b, all);
		raw += raw_ns(b, cell->bytes);
		ours += ours_ns(b);
		ns[r] = ours / 2;
		ratio[r] = raw / ours;
		calls[r] = same / ours;
	}
	say(b, "ns", "ns", ns, 0, 0);
	say(b, "raw", "ratio", ratio, cell->is_goal ? 0.80 : 0, 0.92);
	say(b, "calls", "ratio", calls, 0, 0);
	leave();
}

static void compare_openssl(struct bench *b, const struct cell *cell, double goal, double aim)
{
	struct openssl_pair *p = openssl_pair_make();
	double ratio[BENCH_ROUNDS_MAX], copied[BENCH_ROUNDS_MAX], theirs_ns[BENCH_ROUNDS_MAX];

	enter(b, cell);
	for (unsigned int r = 0; r < b->rounds; r++) {
		double ours = ours_ns(b), copy = copied_ns(b);
		double theirs = openssl_pair_ns(b, p, cell->bytes, world.stretch);

		theirs += openssl_pair_ns(b, p, cell->bytes, world.stretch);
		copy += copied_ns(b);
		ours += ours_ns(b);
		theirs_ns[r] = theirs / 2;
		ratio[r] = theirs / ours;
		copied[r] = theirs / copy;
	}
	say(b, "openssl_ns", "ns", theirs_ns, 0, 0);
	say(b, "openssl", "ratio", ratio, goal, aim);
	say(b, "openssl.copied", "ratio", copied, 0, 0);
	leave();
	openssl_pair_free(p);
}

/* What the core does besides: the one copy of a stanza to its place in the record. */
static void show_copy(struct bench *b, const struct cell *cell)
{
	double copy[BENCH_ROUNDS_MAX];

	enter(b, cell);
	for (unsigned int r = 0; r < b->rounds; r++) {
		double ours = ours_ns(b), copied = copied_ns(b);

		copied += copied_ns(b);
		ours += ours_ns(b);
		copy[r] = (copied - ours) / 2;
	}
	say(b, "copy", "ns", copy, 0, 0);
	leave();
}

/* A record cut by segments, as it lies in a receive list, opened in pieces of @piece. */
static void show_pieces(struct bench *b, const struct cell *cell, size_t piece)
{
	double cut[BENCH_ROUNDS_MAX];

	enter(b, cell);
	for (unsigned int r = 0; r < b->rounds; r++) {
		double whole = open_ns(b, SLOT), pieces = open_ns(b, piece);

		pieces += open_ns(b, piece);
		whole += open_ns(b, SLOT);
		cut[r] = whole / pieces;
	}
	say(b, "pieces", "ratio", cut, 0, 0);
	leave();
}

static void run(struct bench *b)
{
	bench_progress("ipsec-mb");
	for (size_t i = 0; i < ARRAY_LEN(cells); i++)
		compare_raw(b, &cells[i]);
	bench_progress("OpenSSL");
	compare_openssl(b, &cells[0], 8, 12);
	compare_openssl(b, &cells[2], 3, 4);
	bench_progress("copies and pieces");
	show_copy(b, &cells[0]);
	show_copy(b, &cells[1]);
	show_pieces(b, &cells[0], 300);
	show_pieces(b, &cells[2], SEGMENT);
}

static void make_world(struct bench *b)
{
	IMB_ARCH arch = IMB_ARCH_NONE;
	static const char *const names[IMB_ARCH_NUM] = {
	    [IMB_ARCH_NOAESNI] = "emulation", [IMB_ARCH_SSE] = "SSE",        [IMB_ARCH_AVX] = "AVX",
	    [IMB_ARCH_AVX2] = "AVX2",         [IMB_ARCH_AVX512] = "AVX-512",
	};

	world.machine = record_machine_init(2);
	world.mb = alloc_mb_mgr(0);
	if (world.machine == NULL || world.mb == NULL)
		bench_die("ipsec-mb has nothing for this CPU");
	init_mb_mgr_auto(world.mb, &arch);
	bench_fact(b, "ipsec-mb",
		   arch > IMB_ARCH_NONE && arch < IMB_ARCH_NUM && names[arch] != NULL ? names[arch]
										      : "unknown");
}

int main(int argc, char **argv)
{
	const struct machine_time before = machine_time();
	struct bench b = {.rounds = ROUNDS};

	(void)bench_options(&b, ROUNDS_SHORT, argc, argv,
			    "\n\nThe record layer beside ipsec-mb and OpenSSL.");
	machine_take_clock(&b);
	machine_say(&b);
	make_world(&b);
	bench_head(&b);
	run(&b);
	machine_say_steal(&b, before);
	free_mb_mgr(world.mb);
	record_machine_close(world.machine);
	return bench_status(&b);
}
