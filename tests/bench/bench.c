/* bench.c: `make bench`. bench.h says what the figures mean.
 *
 *     bench [--rounds N] [--only TEXT] [--json FILE] [--vae DIR] [--threads N]
 *           [--clock wall|cpu]
 *     bench --compare OLD.json NEW.json
 *     bench --readme RESULT.json           the table of README.md */
#include "ref/base/par.h"
#include "ref/cli/core.h"
#include "ref/ops/table.h"
#include "tests/bench/bench.h"

#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

enum { MAX_PEER = 16, PEER_NAMES = 512 };

typedef struct {
    int rounds, threads;
    bool processor_time;
    const char *only, *json, *vae;
    bench_data data;
    double limit, copy; /* best seconds: 4096^3, one copy of x */
    struct {
        char name[64];
        double seconds;
    } peer[MAX_PEER];
    int peers;
    char peer_version[64];
} bench;

ts_tensor bench_view(ts_tensor from, int rank, const int64_t *size)
{
    return ts_tensor_of(from.data, from.dtype, rank, size);
}

static ts_tensor fill(ts_dtype dtype, int64_t n, double scale, double offset)
{
    /* Vectors of an array that begins in the middle of a line of memory would touch two each. */
    const size_t bytes = ((size_t)n * ts_dtype_size(dtype) + 63) / 64 * 64;
    const ts_tensor t = ts_tensor_of(aligned_alloc(64, bytes), dtype, 1, &n);
    if (!t.data)
        exit(1);
    enum { SOME = 4096 };
    float values[SOME];
    uint32_t state = 1;
    for (int64_t at = 0; at < n; at += SOME) {
        const int64_t count = n - at < SOME ? n - at : SOME;
        for (int64_t i = 0; i < count; i++) {
            state = state * 1664525u + 1013904223u;
            values[i] = (float)(offset + scale * ((double)(state >> 8) / (1 << 24) - 0.5));
        }
        ts_convert((char *)t.data + (size_t)at * ts_dtype_size(dtype), dtype, values, TS_F32, count);
    }
    return t;
}

static void piece_of_copy(void *arg, int64_t first, int64_t last)
{
    const bench_data *d = ((void **)arg)[0];
    memcpy((float *)((void **)arg)[1] + first, (float *)d->x.data + first,
           (size_t)(last - first) * sizeof(float));
}

static double copy_time(bench *b, float *to)
{
    ts_par_threads(b->threads);
    const double begin = bench_now(b->processor_time);
    ts_par_for(BENCH_NUMBERS, 1 << 18, piece_of_copy, (void *[]){&b->data, to});
    return bench_now(b->processor_time) - begin;
}

static void keep_best(double *best, double seconds)
{
    if (seconds > 0 && (*best <= 0 || seconds < *best))
        *best = seconds;
}

/* One line of the peer: "name seconds". */
static void hear(bench *b, const char *name, const char *value)
{
    if (strcmp(name, "version") == 0) {
        snprintf(b->peer_version, sizeof b->peer_version, "%s", value);
        return;
    }
    int i = 0;
    while (i < b->peers && strcmp(b->peer[i].name, name) != 0)
        i++;
    if (i == MAX_PEER)
        return;
    if (i == b->peers) {
        snprintf(b->peer[i].name, sizeof b->peer[i].name, "%s", name);
        b->peer[b->peers++].seconds = 0;
    }
    keep_best(&b->peer[i].seconds, atof(value));
}

static bool wanted(const bench *b, const bench_item *item)
{
    return !b->only || strstr(item->name, b->only) || strcmp(item->backend, b->only) == 0;
}

static void each_item(bench *b, void (*visit)(bench *, bench_item *, void *), void *arg)
{
    bench_item *const lists[] = {bench_products, bench_pointwise, bench_training, bench_cache,
                                 bench_table, bench_selection};
    for (int list = 0; list < (int)(sizeof lists / sizeof *lists); list++)
        for (bench_item *item = lists[list]; item->name; item++)
            visit(b, item, arg);
}

static void add_name(bench *b, bench_item *item, void *arg)
{
    char *names = arg;
    const size_t used = strlen(names);
    if (item->peer && wanted(b, item))
        snprintf(names + used, PEER_NAMES - used, " %s", item->peer);
}

/* The peer's results lie in memory that it has already touched, as ours do: its allocator gives no
 * memory back. */
static void ask_peer(bench *b)
{
    char names[PEER_NAMES] = "", command[PEER_NAMES + 256], name[64], value[64];
    const char *python = getenv("PYTHON");
    each_item(b, add_name, names);
    if (!*names)
        return;
    snprintf(command, sizeof command,
             "MALLOC_MMAP_MAX_=0 MALLOC_TRIM_THRESHOLD_=%lld %s scripts/bench_torch.py %d %s%s "
             "2>/dev/null",
             1LL << 40, python && *python ? python : "python3", b->threads,
             b->processor_time ? "cpu" : "wall", names);
    FILE *pipe = popen(command, "r");
    while (pipe && fscanf(pipe, "%63s %63s", name, value) == 2)
        hear(b, name, value);
    if (pipe)
        pclose(pipe);
}

static double peer_seconds(const bench *b, const char *name)
{
    for (int i = 0; i < b->peers && name; i++)
        if (strcmp(b->peer[i].name, name) == 0)
            return b->peer[i].seconds;
    return 0.0;
}

static void time_item(bench *b, bench_item *item, int repeat)
{
    const ts_table *table = ts_table_named(item->backend);
    if (!table || !wanted(b, item))
        return;
    ts_ctx ctx;
    ts_ctx_open(&ctx, table, TS_F32, b->threads);
    if (item->bf16)
        ctx.round = TS_BF16;
    for (int i = 0; i <= repeat; i++) { /* the first one touches the memory */
        const ts_arena_mark mark = ts_arena_here(&ctx.arena);
        ctx.flops = 0;
        const double begin = bench_now(b->processor_time);
        item->run(&ctx, &b->data);
        if (i)
            keep_best(&item->seconds, bench_now(b->processor_time) - begin);
        ts_arena_return(&ctx.arena, mark);
    }
    if (ctx.status)
        fprintf(stderr, "%s: %s\n", item->name, ctx.message);
    item->flops = ctx.flops;
    ts_ctx_close(&ctx);
}

static void time_once(bench *b, bench_item *item, void *arg)
{
    (void)arg;
    time_item(b, item, item->kind == LIMIT ? 1 : 2);
}

/* The item's figure: LIMIT a part of the limit, otherwise a multiple of a time; NAN without one. */
static double figure(const bench *b, const bench_item *item)
{
    const double peer = peer_seconds(b, item->peer);
    if (item->seconds <= 0)
        return (double)NAN;
    if (item->kind == LIMIT)
        return b->limit > 0 && item->flops > 0
                   ? item->flops / item->seconds * b->limit / (2.0 * 4096 * 4096 * 4096)
                   : (double)NAN;
    if (item->kind == COPY)
        return item->seconds / (b->copy * item->bytes / (8.0 * BENCH_NUMBERS));
    if (item->kind == OWN)
        return item->flops;
    return peer > 0 ? item->seconds / peer : (double)NAN;
}

static void print_item(bench *b, bench_item *item, void *arg)
{
    static const char *const units[] = {"of the limit", "x a copy", "x PyTorch's time",
                                        "x computing"};
    const double value = figure(b, item), peer = peer_seconds(b, item->peer);
    if (item->seconds <= 0)
        return;
    char speed[32] = "", versus[64] = "";
    if (item->kind == LIMIT)
        snprintf(speed, sizeof speed, "%.0f GFLOP/s", item->flops / item->seconds * 1e-9);
    if (item->kind != PEER && peer > 0)
        snprintf(versus, sizeof versus, "  %.2fx PyTorch's speed (goal %.2f)", peer / item->seconds,
                 item->peer_goal);
    const bool reached = item->kind == LIMIT ? value >= item->goal : value <= item->goal;
    printf("%-5s %-28s %9.2f ms %12s  %5.2f %-16s goal %.2f %s%s\n", item->backend, item->name,
           item->seconds * 1e3, speed, value, units[item->kind], item->goal,
           isnan(value) ? "-" : reached ? "ok" : "MISSED", versus);
    json_t *o = json_object();
    json_object_set_new(o, "seconds", json_real(item->seconds));
    json_object_set_new(o, "figure", isnan(value) ? json_null() : json_real(value));
    json_object_set_new(o, "unit", json_string(units[item->kind]));
    json_object_set_new(o, "goal", json_real(item->goal));
    if (peer > 0)
        json_object_set_new(o, "peer_seconds", json_real(peer));
    char key[128];
    snprintf(key, sizeof key, "%s: %s", item->backend, item->name);
    json_object_set_new(arg, key, o);
}

static void processor(char *to, size_t room)
{
    char line[256];
    snprintf(to, room, "unknown processor");
    FILE *f = fopen("/proc/cpuinfo", "r");
    while (f && fgets(line, sizeof line, f))
        if (strncmp(line, "model name", 10) == 0 && strchr(line, ':')) {
            line[strcspn(line, "\n")] = 0;
            snprintf(to, room, "%s", strchr(line, ':') + 2);
            break;
        }
    if (f)
        fclose(f);
}

static int report(bench *b)
{
    char cpu[256], date[32];
    const time_t now = time(NULL);
    struct rusage usage;
    double load = 0;
    processor(cpu, sizeof cpu);
    strftime(date, sizeof date, "%Y-%m-%d %H:%M UTC", gmtime(&now));
    FILE *f = fopen("/proc/loadavg", "r");
    if (f && fscanf(f, "%lf", &load) != 1)
        load = 0;
    if (f)
        fclose(f);
    json_t *all = json_object(), *items = json_object();
    printf("%s, %s, %d threads%s, load %.1f, BLAS core %s, PyTorch %s\n", date, cpu, b->threads,
           b->processor_time ? " (processor time)" : "", load,
           *ts_blas_core() ? ts_blas_core() : "-", *b->peer_version ? b->peer_version : "not here");
    printf("limit (4096^3) %.0f GFLOP/s, copy %.1f GB/s (read + written)\n",
           b->limit > 0 ? 2.0 * 4096 * 4096 * 4096 / b->limit * 1e-9 : 0.0,
           8.0 * BENCH_NUMBERS / b->copy * 1e-9);
    each_item(b, print_item, items);
    getrusage(RUSAGE_SELF, &usage);
    printf("peak memory %.0f MB, inputs of the bench included\n", (double)usage.ru_maxrss / 1024.0);
    json_object_set_new(all, "date", json_string(date));
    json_object_set_new(all, "cpu", json_string(cpu));
    json_object_set_new(all, "threads", json_integer(b->threads));
    json_object_set_new(all, "load", json_real(load));
    json_object_set_new(all, "blas_core", json_string(ts_blas_core()));
    json_object_set_new(all, "torch", json_string(b->peer_version));
    json_object_set_new(all, "limit_seconds", json_real(b->limit));
    json_object_set_new(all, "copy_seconds", json_real(b->copy));
    json_object_set_new(all, "peak_bytes", json_integer((json_int_t)usage.ru_maxrss * 1024));
    json_object_set_new(all, "items", items);
    const int failed = b->json && json_dump_file(all, b->json, JSON_INDENT(2)) != 0;
    if (failed)
        fprintf(stderr, "%s: cannot be written\n", b->json);
    json_decref(all);
    return failed;
}

static int compare(const char *old_path, const char *new_path)
{
    json_error_t error;
    json_t *old = json_load_file(old_path, 0, &error), *new = json_load_file(new_path, 0, &error);
    const char *name;
    json_t *item;
    if (!old || !new) {
        fprintf(stderr, "%s: no result of a bench: %s\n", old ? new_path : old_path, error.text);
        return 1;
    }
    printf("%-36s %9s %9s %8s\n", "", "before", "now", "change");
    json_object_foreach(json_object_get(new, "items"), name, item)
    {
        const json_t *before = json_object_get(json_object_get(old, "items"), name);
        const double from = json_number_value(json_object_get(before, "figure"));
        const double to = json_number_value(json_object_get(item, "figure"));
        if (from > 0 && to > 0)
            printf("%-36s %9.3f %9.3f %+7.1f%% %s\n", name, from, to, (to / from - 1) * 100,
                   json_string_value(json_object_get(item, "unit")));
        else
            printf("%-36s %9.3f %9.3f %8s\n", name, from, to, "-");
    }
    json_decref(old);
    json_decref(new);
    return 0;
}

/* A result as a table in Markdown. */
static int readme(const char *path)
{
    json_error_t error;
    json_t *all = json_load_file(path, 0, &error), *item;
    const char *name, *torch = json_string_value(json_object_get(all, "torch"));
    if (!all) {
        fprintf(stderr, "%s: no result of a bench: %s\n", path, error.text);
        return 1;
    }
    printf("%s, %s, %d threads, BLAS core %s, PyTorch %s; the limit is %.0f GFLOP/s, a copy %.0f GB/s.\n\n"
           "| | time | figure | goal | PyTorch's time |\n| --- | ---: | --- | --- | ---: |\n",
           json_string_value(json_object_get(all, "date")),
           json_string_value(json_object_get(all, "cpu")),
           (int)json_integer_value(json_object_get(all, "threads")),
           json_string_value(json_object_get(all, "blas_core")), torch && *torch ? torch : "not here",
           2.0 * 4096 * 4096 * 4096 / json_number_value(json_object_get(all, "limit_seconds")) * 1e-9,
           8.0 * BENCH_NUMBERS / json_number_value(json_object_get(all, "copy_seconds")) * 1e-9);
    json_object_foreach(json_object_get(all, "items"), name, item)
    {
        const char *unit = json_string_value(json_object_get(item, "unit"));
        const double peer = json_number_value(json_object_get(item, "peer_seconds"));
        char against[32] = "";
        if (peer > 0)
            snprintf(against, sizeof against, "%.1f ms", peer * 1e3);
        printf("| %s | %.1f ms | %.2f %s | %s %.2f | %s |\n", name,
               json_number_value(json_object_get(item, "seconds")) * 1e3,
               json_number_value(json_object_get(item, "figure")), unit,
               strcmp(unit, "of the limit") == 0 ? "at least" : "at most",
               json_number_value(json_object_get(item, "goal")), against);
    }
    json_decref(all);
    return 0;
}

static void options(bench *b, int argc, char **argv)
{
    for (int i = 1; i + 1 < argc; i += 2) {
        if (strcmp(argv[i], "--rounds") == 0)
            b->rounds = atoi(argv[i + 1]);
        else if (strcmp(argv[i], "--only") == 0)
            b->only = argv[i + 1];
        else if (strcmp(argv[i], "--json") == 0)
            b->json = argv[i + 1];
        else if (strcmp(argv[i], "--vae") == 0)
            b->vae = argv[i + 1];
        else if (strcmp(argv[i], "--threads") == 0)
            b->threads = atoi(argv[i + 1]);
        else if (strcmp(argv[i], "--clock") == 0)
            b->processor_time = strcmp(argv[i + 1], "cpu") == 0;
    }
}

static void make_resnet(bench *b)
{
    ts_ctx ctx;
    ts_model_config config;
    if (!wanted(b, &bench_training[0]))
        return;
    ts_ctx_open(&ctx, &ts_table_fast, TS_F32, b->threads);
    ts_model_config_read(&ctx, &config, NULL, "resnet50", "bench");
    b->data.resnet = ts_model_new(&ctx, &config, 1);
    if (b->data.resnet)
        b->data.gradients = malloc((size_t)ts_model_size(b->data.resnet) * sizeof(float));
    if (!b->data.gradients)
        exit(1);
    ts_ctx_close(&ctx);
}

int main(int argc, char **argv)
{
    ts_core_choose(argv);
    if (argc == 4 && strcmp(argv[1], "--compare") == 0)
        return compare(argv[2], argv[3]);
    if (argc == 3 && strcmp(argv[1], "--readme") == 0)
        return readme(argv[2]);
    bench b = {.rounds = 5};
    ts_par_threads(0);
    b.threads = ts_par_count();
    options(&b, argc, argv);
    b.data = (bench_data){.x = fill(TS_F32, BENCH_NUMBERS, 1, 0),
                          .small = fill(TS_F32, 8192 * 128 + 49152, 0.2, 1),
                          .weights = fill(TS_BF16, 4 * 3072 * 3072 + 3072 * 3072, 0.05, 0)};
    ts_ctx files;
    ts_ctx_open_plain(&files);
    ts_weights *weights = b.vae ? ts_weights_open(&files, b.vae, "vae") : NULL;
    b.data.vae = weights ? ts_vae_open(&files, weights) : NULL;
    if (files.status)
        fprintf(stderr, "%s\n", files.message);
    make_resnet(&b);
    float *to = aligned_alloc(64, BENCH_NUMBERS * sizeof *to);
    if (!to)
        return 1;
    for (int round = 0; round < b.rounds; round++) {
        keep_best(&b.limit, bench_limit(&b.data, b.threads, b.processor_time));
        for (int i = 0; i < 3; i++)
            if (copy_time(&b, to) > 0 && (round || i)) /* the first touches the memory */
                keep_best(&b.copy, copy_time(&b, to));
        each_item(&b, time_once, NULL);
        ask_peer(&b);
    }
    return report(&b);
}
