/* comm.c: collectives on ranks, from the shell: do they add rightly, what do they send, how long would
 * the cluster take? On threads, or under mpirun on its processes: the same lines from both.
 *
 * Every collective runs twice. With small whole numbers, whose sums are exact in any order: the result
 * must be the sequential sum, element for element. Then with fractions of uneven size, whose sums are
 * rounded: "bits" is a checksum of everybody's result, the same wherever and however often it runs.
 * Test: tests/cli/test_comm.c */
#include "ref/cli/command.h"
#include "ref/cli/sheet.h"
#include "ref/comm/clock.h"
#include "ref/comm/collective.h"
#include "ref/comm/mpi.h"

#include <string.h>
#include <time.h>
#include <zlib.h>

static const ts_option options[] = {
    {"--collective", "NAME", "one of --list; several times for several (default: all that can run)"},
    {"--list", NULL, "their names and costs"},
    {"--ranks", "P", "ranks: 8; under mpirun the number of its processes"},
    {"--nodes", "N", "hosts that they stand on, as evenly as possible: 1"},
    {"--bytes", "B", "of data on each rank, as 4096, 64k, 1M or 1G: 1M"},
    {"--type", "T", "f32 (default), f64, i32, i64, u32, u64"},
    {"--max", NULL, "the maximum instead of the sum"},
    {"--intra-us", "T", "latency inside a node, microseconds: 5"},
    {"--intra-gbs", "B", "bandwidth inside a node, GB/s: 130"},
    {"--inter-us", "T", "latency between nodes, microseconds: 25"},
    {"--inter-gbit", "B", "bandwidth of a node's NIC, Gbit/s: 25"},
    {"--time-limit", "S", "seconds that a rank waits for another: 300"},
    {"--fail", "RANK", "this rank fails, to see how a run ends"},
    {"--stall", "RANK", "this rank does not come, to see how it is found"},
    {"--tsv", NULL, "tab-separated values, for gnuplot"},
    {"--json", NULL, "one JSON object"},
    {0}};

static const ts_collective library = {.name = "library_all_reduce", .run = ts_library_all_reduce,
                                      .formula = "the MPI library's own"};

typedef struct {
    const ts_collective *what;
    ts_comm_config config;
    int64_t n;
    ts_dtype type;
    ts_reduce reduce;
    int fail, stall; /* ranks, or -1 */
    /* of rank 0 */
    ts_traffic traffic;
    double seconds;
    uint32_t bits;
} job;

/* Element i of a rank: whole numbers from -50 to 50 (unsigned: from 0 to 100), or these over
 * 3, 7, 11, ... */
static void fill(const job *j, void *data, int rank, bool fractions)
{
    const bool is_signed = j->type != TS_U32 && j->type != TS_U64;
    for (int64_t i = 0; i < j->n; i++) {
        const int64_t x = (rank * 37 + i * 11) % 101 - (is_signed ? 50 : 0);
        const double y = fractions ? (double)x / (double)(3 + 4 * ((i + rank) % 64)) : (double)x;
        if (j->type == TS_F32)
            ((float *)data)[i] = (float)y;
        else if (j->type == TS_F64)
            ((double *)data)[i] = y;
        else if (j->type == TS_I32 || j->type == TS_U32)
            ((uint32_t *)data)[i] = (uint32_t)x;
        else
            ((uint64_t *)data)[i] = (uint64_t)x;
    }
}

/* The sequential model: everybody's data, made here and combined in the order of ranks. */
static ts_status model(ts_ctx *ctx, const job *j, int ranks, unsigned char *wanted, void *scratch)
{
    const size_t width = ts_dtype_size(j->type), bytes = width * (size_t)j->n;
    const bool broadcast = strcmp(j->what->name, "broadcast") == 0;
    for (int r = 0; r < ranks && !ctx->status; r++) {
        const ts_shard s = ts_shard_of(j->n, ranks, r);
        fill(j, scratch, r, false);
        if (r == 0)
            memcpy(wanted, scratch, bytes);
        else if (j->what->gathers && !broadcast)
            memcpy(wanted + width * (size_t)s.begin,
                   (unsigned char *)scratch + width * (size_t)s.begin, width * (size_t)s.count);
        else if (!j->what->gathers)
            ts_reduce_into(ctx, wanted, scratch, j->n, j->type, j->reduce);
    }
    return ctx->status;
}

/* What of the result counts: the rank's own shard, or all of it. */
static ts_shard part(const job *j, const ts_comm *comm)
{
    return j->what->shards ? ts_shard_of(j->n, comm->size, comm->rank) : (ts_shard){0, j->n};
}

static ts_status compare(ts_comm *comm, const job *j, const unsigned char *got,
                         const unsigned char *wanted)
{
    const size_t width = ts_dtype_size(j->type);
    const ts_shard s = part(j, comm);
    for (int64_t i = s.begin; i < s.begin + s.count && !comm->ctx->status; i++)
        if (memcmp(got + width * (size_t)i, wanted + width * (size_t)i, width) != 0)
            ts_fail(comm->ctx, TS_ERROR_MISMATCH,
                    "%s: element %lld differs from the sequential model", j->what->name,
                    (long long)i);
    return comm->ctx->status;
}

/* The checksum of all ranks' checksums, on rank 0. */
static ts_status checksum(ts_comm *comm, job *j, const unsigned char *data)
{
    const size_t width = ts_dtype_size(j->type);
    const ts_shard s = part(j, comm);
    const unsigned char *at = data + width * (size_t)s.begin;
    uLong sum = crc32(0, NULL, 0), left = (uLong)(width * (size_t)s.count);
    for (; left; left -= left < 1 << 30 ? left : 1 << 30, at += 1 << 30)
        sum = crc32(sum, at, (uInt)(left < 1 << 30 ? left : 1 << 30));
    unsigned char own[4] = {(unsigned char)(sum >> 24), (unsigned char)(sum >> 16),
                            (unsigned char)(sum >> 8), (unsigned char)sum};
    unsigned char all[4 * TS_MAX_RANKS];
    if (!ts_gather(comm, own, all, 4, 0) && comm->rank == 0)
        j->bits = (uint32_t)crc32(crc32(0, NULL, 0), all, (uInt)(4 * comm->size));
    return comm->ctx->status;
}

static ts_status misbehave(ts_comm *comm, const job *j)
{
    if (comm->rank == j->fail)
        return ts_fail(comm->ctx, TS_ERROR_MISMATCH, "fails, as it was told to");
    if (comm->rank == j->stall) { /* a process is ended, a thread has to come back */
        const double seconds = 3 * j->config.time_limit + (ts_mpi_size() ? 60 : 1);
        nanosleep(&(struct timespec){.tv_sec = (time_t)seconds}, NULL);
    }
    return comm->ctx->status;
}

static ts_status measure(ts_comm *comm, job *j, unsigned char *data, unsigned char *other)
{
    ts_virtual_time time;
    ts_traffic traffic;
    if (misbehave(comm, j))
        return comm->ctx->status;
    fill(j, data, comm->rank, false);
    j->what->run(comm, data, j->n, j->type, j->reduce);
    if (ts_comm_time(comm, &time) || ts_comm_traffic_all(comm, &traffic))
        return comm->ctx->status;
    if (comm->rank == 0) {
        j->seconds = time.last;
        j->traffic = traffic;
    }
    ts_comm_quiet(comm);
    void *scratch = ts_take(comm->ctx, ts_dtype_size(j->type) * (size_t)j->n);
    if (scratch && !model(comm->ctx, j, comm->size, other, scratch) &&
        !compare(comm, j, data, other)) {
        fill(j, data, comm->rank, true);
        j->what->run(comm, data, j->n, j->type, j->reduce);
        checksum(comm, j, data);
    }
    ts_comm_loud(comm);
    return comm->ctx->status;
}

static ts_status body(ts_comm *comm, void *arg)
{
    job *j = arg;
    const size_t bytes = ts_dtype_size(j->type) * (size_t)j->n;
    unsigned char *data = ts_take(comm->ctx, bytes), *other = ts_take(comm->ctx, bytes);
    return data && other ? measure(comm, j, data, other) : comm->ctx->status;
}

static void microseconds(char text[32], double seconds)
{
    if (seconds < 0)
        memcpy(text, "-", 2);
    else
        snprintf(text, 32, "%.6g", seconds * 1e6);
}

static ts_status run_one(ts_ctx *ctx, ts_sheet *sheet, job *j)
{
    char own[32], published[32], virtual[32];
    const int size = (int)ts_dtype_size(j->type);
    if (ts_comm_run(ctx, &j->config, body, j))
        return ctx->status;
    const ts_topology *t = &j->config.topology;
    const bool even = j->n % t->ranks == 0;
    const bool seen = j->what != &library;
    microseconds(virtual, seen ? j->seconds : -1);
    microseconds(own, j->what->own && even ? j->what->own(t, j->n, size) : -1);
    microseconds(published, j->what->published ? j->what->published(t, j->n, size) : -1);
    return ts_sheet_row(ctx, sheet, "%s|%lld|%lld|%lld|%lld|%s|%s|%s|x%08x", j->what->name,
                        (long long)j->traffic.messages[TS_INTRA],
                        (long long)j->traffic.messages[TS_INTER],
                        (long long)j->traffic.bytes[TS_INTRA],
                        (long long)j->traffic.bytes[TS_INTER], virtual, own, published, j->bits);
}

/* Without --collective: can this one run here? */
static bool can_run(const ts_collective *c, const ts_topology *t)
{
    const bool power = (t->ranks & (t->ranks - 1)) == 0;
    return (!c->powers || power) &&
           (strcmp(c->name, "torus_all_reduce") != 0 || ts_topology_even(t));
}

static const ts_collective *named(ts_ctx *ctx, const char *name)
{
    const char *names[64] = {library.name};
    for (int i = 0; ts_collectives[i].name && i < 62; i++)
        names[i + 1] = ts_collectives[i].name;
    const ts_collective *c = strcmp(name, library.name) == 0 ? &library : ts_collective_named(name);
    const char *near = c ? NULL : ts_nearest(name, names);
    if (!c)
        ts_fail(ctx, TS_ERROR_USAGE, "comm: no collective \"%.60s\"%s%s%s", name,
                near ? "; did you mean \"" : "; see --list", near ? near : "", near ? "\"?" : "");
    return c;
}

static ts_status run_all(ts_ctx *ctx, ts_sheet *sheet, job *j, const ts_options *o)
{
    const int times = ts_option_times(o, "--collective");
    for (int i = 0; i < times && !ctx->status; i++) /* names before work */
        named(ctx, ts_option_nth(o, "--collective", i));
    for (int i = 0; i < times && !ctx->status; i++) {
        j->what = named(ctx, ts_option_nth(o, "--collective", i));
        run_one(ctx, sheet, j);
    }
    for (int i = 0; times == 0 && ts_collectives[i].name && !ctx->status; i++) {
        j->what = &ts_collectives[i];
        if (can_run(j->what, &j->config.topology))
            run_one(ctx, sheet, j);
    }
    return ctx->status;
}

/* "64k", "1M", "1G": multiples of 1024. */
static int64_t read_bytes(ts_ctx *ctx, const char *text)
{
    int64_t bytes = 0, factor = 1;
    const char *p = text;
    for (; *p >= '0' && *p <= '9' && bytes < INT64_C(1) << 40; p++)
        bytes = 10 * bytes + (*p - '0');
    const char *unit = *p ? strchr("kMG", *p) : NULL;
    if (unit && p > text && !p[1]) {
        factor = INT64_C(1) << (*p == 'k' ? 10 : *p == 'M' ? 20 : 30);
        p++;
    }
    if (p == text || *p || bytes > (INT64_C(1) << 34) / factor)
        ts_fail(ctx, TS_ERROR_USAGE, "--bytes \"%.40s\": expected bytes up to 16G, as 4096, 64k or 1M",
                text);
    return bytes * factor;
}

static ts_dtype read_type(ts_ctx *ctx, const char *text)
{
    static const struct {
        const char *name;
        ts_dtype type;
    } known[] = {{"f32", TS_F32}, {"f64", TS_F64}, {"i32", TS_I32},
                 {"i64", TS_I64}, {"u32", TS_U32}, {"u64", TS_U64}};
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (strcmp(text, known[i].name) == 0)
            return known[i].type;
    ts_fail(ctx, TS_ERROR_USAGE, "--type \"%.40s\": f32, f64, i32, i64, u32 or u64", text);
    return TS_F32;
}

static void read_options(ts_ctx *ctx, const ts_options *o, job *j)
{
    const int processes = ts_mpi_size();
    *j = (job){.type = read_type(ctx, ts_option_text(o, "--type", "f32")),
               .reduce = ts_option_on(o, "--max") ? TS_MAX : TS_SUM};
    const int ranks = (int)ts_option_int(ctx, o, "--ranks", processes ? processes : 8, 1, TS_MAX_RANKS);
    const int nodes = (int)ts_option_int(ctx, o, "--nodes", 1, 1, ranks);
    j->config = (ts_comm_config){.topology = {.ranks = ranks, .hosts = nodes}, .clock = true};
    j->config.topology.link[TS_INTRA] = (ts_link){
        ts_option_real(ctx, o, "--intra-us", 5, 0, 1e6) * 1e-6,
        1e-9 / ts_option_real(ctx, o, "--intra-gbs", 130, 1e-3, 1e6)};
    j->config.topology.link[TS_INTER] = (ts_link){
        ts_option_real(ctx, o, "--inter-us", 25, 0, 1e6) * 1e-6,
        8e-9 / ts_option_real(ctx, o, "--inter-gbit", 25, 1e-3, 1e6)};
    j->config.time_limit = ts_option_real(ctx, o, "--time-limit", 300, 1e-3, 1e6);
    j->fail = (int)ts_option_int(ctx, o, "--fail", -1, 0, ranks - 1);
    j->stall = (int)ts_option_int(ctx, o, "--stall", -1, 0, ranks - 1);
    j->n = read_bytes(ctx, ts_option_text(o, "--bytes", "1M")) / (int64_t)ts_dtype_size(j->type);
}

static void list(void)
{
    for (const ts_collective *c = ts_collectives; c->name; c++)
        printf("%-24s %s\n", c->name, c->formula);
    printf("%-24s %s\n", library.name, library.formula);
}

static int run(const ts_options *o)
{
    ts_ctx ctx;
    job j;
    ts_ctx_open_plain(&ctx);
    ctx.progress.stop = ts_stop_flag();
    read_options(&ctx, o, &j);
    if (o->count)
        ts_fail(&ctx, TS_ERROR_USAGE, "comm: what is \"%.60s\"?", o->arguments[0]);
    if (!ctx.status && ts_option_on(o, "--list")) {
        list();
    } else if (!ctx.status) {
        char title[160];
        snprintf(title, sizeof title, "%d ranks on %d nodes, %lld bytes each",
                 j.config.topology.ranks, j.config.topology.hosts,
                 (long long)(j.n * (int64_t)ts_dtype_size(j.type)));
        ts_sheet *sheet = ts_sheet_open(&ctx, "comm", title,
                                        "collective|messages in|messages out|bytes in|bytes out|"
                                        "virtual us|formula us|published us|bits");
        if (sheet && !run_all(&ctx, sheet, &j, o))
            ts_sheet_print(&ctx, sheet,
                           ts_option_on(o, "--json")  ? TS_SHEET_JSON
                           : ts_option_on(o, "--tsv") ? TS_SHEET_TSV
                                                      : TS_SHEET_TEXT,
                           stdout);
        ts_sheet_close(sheet);
    }
    fflush(stdout);
    const int code = ts_exit_code(&ctx);
    ts_ctx_close(&ctx);
    return code;
}

const ts_command ts_command_comm = {
    "comm", "[--collective NAME]... [OPTION]...",
    "collectives on ranks: right? what do they send? how long on a cluster?",
    "\"in\" is inside nodes, \"out\" between them, both over all ranks. \"virtual\" is the time on the\n"
    "virtual clock, \"formula\" what it must be, where there is a closed form for that number of ranks\n"
    "and data divides evenly, \"published\" what the literature says. A result that differs from the\n"
    "sequential model is a failure. \"bits\" is a checksum of results whose sums are rounded: the same\n"
    "on threads and under mpirun (make MPI=1; mpirun -n 4 build/touchstone comm).",
    options, run};
