/* table.c: what a table of features costs beside a plain array, and how much of it growth is.
 *
 * The figures are of ROWS ids, of rows of 17 floats with Adagrad: 144 bytes. TS_BENCH_ROWS=20000000 takes
 * as many ids as the memory's formula is checked with. */
#include "ref/base/clones.h"
#include "ref/base/par.h"
#include "ref/base/rng.h"
#include "ref/des/table.h"
#include "tests/bench/bench.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { ROWS = 3000000, WIDTH = 17, ROW = 2 * WIDTH + 2, BATCH = 1 << 16, BATCHES = 12, AHEAD = 12 };

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static const ts_row_optimizer adagrad = {.rule = TS_ROW_ADAGRAD, .lr = 0.01, .epsilon = 1e-10};

static int64_t rows_wanted(void)
{
    const char *rows = getenv("TS_BENCH_ROWS");
    return rows ? strtoll(rows, NULL, 10) : ROWS;
}

static ts_id_table *empty_table(ts_ctx *ctx)
{
    const ts_id_table_options o = {.dtype = TS_F32, .width = WIDTH,
                                   .layout = ts_row_layout_of(&adagrad),
                                   .init = {.draw = TS_ID_NORMAL, .scale = 0.005, .count = WIDTH}};
    return ts_id_table_open(ctx, &o);
}

/* Ids first .. first + n - 1, a step at a time; the slowest of 1000 steps, in seconds. */
static double fill(ts_ctx *ctx, ts_id_table *t, int64_t n, int64_t step, double *mean)
{
    uint64_t *id = malloc((size_t)step * sizeof *id);
    int64_t *row = malloc((size_t)step * sizeof *row);
    double *seconds = malloc((size_t)(n / step + 1) * sizeof *seconds);
    int64_t steps = 0;
    for (int64_t first = 0; id && row && seconds && first < n; first += step) {
        const int64_t count = n - first < step ? n - first : step;
        for (int64_t i = 0; i < count; i++)
            id[i] = ts_mix64((uint64_t)(first + i));
        const double begin = now();
        ts_id_table_touch(ctx, t, row, id, NULL, count, 1);
        seconds[steps++] = now() - begin;
    }
    double sum = 0, slow = 0;
    for (int64_t i = 0; i < steps; i++)
        sum += seconds[i];
    for (int64_t over = steps / 1000; steps && over >= 0; over--) { /* p99.9 */
        int64_t worst = 0;
        for (int64_t i = 1; i < steps; i++)
            worst = seconds[i] > seconds[worst] ? i : worst;
        slow = seconds[worst];
        seconds[worst] = 0;
    }
    *mean = steps ? sum / (double)steps : 0;
    free(id);
    free(row);
    free(seconds);
    return slow;
}

/* A plain array: the same bytes, random rows, read and then read and written. ------------------- */

typedef struct {
    float *array, *out;
    const float *g;
    const int64_t *row;
} plain;

static void prefetch(const float *row, int64_t numbers)
{
    for (int64_t i = 0; i < numbers; i += 16)
        TS_PREFETCH(row + i);
    TS_PREFETCH(row + numbers - 1);
}

static void read_plain(void *arg, int64_t first, int64_t last)
{
    const plain *p = arg;
    for (int64_t i = first; i < last; i++) {
        if (i + AHEAD < last)
            prefetch(p->array + p->row[i + AHEAD] * ROW, WIDTH);
        memcpy(p->out + i * WIDTH, p->array + p->row[i] * ROW, WIDTH * sizeof(float));
    }
}

static void write_plain(void *arg, int64_t first, int64_t last)
{
    const plain *p = arg;
    for (int64_t i = first; i < last; i++) {
        if (i + AHEAD < last)
            prefetch(p->array + p->row[i + AHEAD] * ROW, ROW);
        float *to = p->array + p->row[i] * ROW;
        const float *g = p->g + i * WIDTH;
        for (int j = 0; j < WIDTH; j++) {
            to[WIDTH + j] += g[j] * g[j];
            to[j] -= g[j];
        }
        to[2 * WIDTH] += 1.0f;
        to[2 * WIDTH + 1] = 2.0f;
    }
}

typedef struct {
    ts_id_table *t;
    float *array, *out, *g;
    uint64_t *id;
    int64_t *key, *row;
    int64_t rows;
} bench_memory;

static bench_memory *memory(ts_ctx *ctx)
{
    static bench_memory m;
    if (m.t)
        return &m;
    double mean;
    m.rows = rows_wanted();
    m.t = empty_table(ctx);
    if (m.t)
        fill(ctx, m.t, m.rows, BATCH, &mean);
    m.array = calloc((size_t)m.rows, ROW * sizeof(float));
    m.out = malloc((size_t)BATCH * WIDTH * sizeof(float));
    m.g = malloc((size_t)BATCH * WIDTH * sizeof(float));
    m.id = malloc((size_t)BATCH * sizeof *m.id);
    m.key = malloc((size_t)BATCH * sizeof *m.key);
    m.row = malloc((size_t)BATCH * sizeof *m.row);
    if (!m.t || !m.array || !m.out || !m.g || !m.id || !m.key || !m.row)
        ts_fail(ctx, TS_ERROR_MEMORY, "no memory for the rows of the bench");
    for (int64_t i = 0; !ctx->status && i < m.rows * ROW; i++)
        m.array[i] = 0.5f;
    for (int64_t i = 0; !ctx->status && i < (int64_t)BATCH * WIDTH; i++)
        m.g[i] = (float)(i % 13 - 6) / 64;
    return ctx->status ? NULL : &m;
}

/* Distinct keys of a batch: steps of a size that shares no factor with the number of rows would be too
 * regular; random ones of a stretch each are not. */
static void draw(bench_memory *m, int batch)
{
    for (int64_t i = 0; i < BATCH; i++) {
        const int64_t first = m->rows / BATCH * i, n = m->rows / BATCH;
        m->key[i] = first + (int64_t)(ts_mix64((uint64_t)(batch * BATCH + i)) % (uint64_t)n);
    }
    for (int64_t i = BATCH - 1; i > 0; i--) {
        const int64_t k = (int64_t)(ts_mix64((uint64_t)(~batch * BATCH + i)) % (uint64_t)(i + 1));
        const int64_t keep = m->key[i];
        m->key[i] = m->key[k];
        m->key[k] = keep;
    }
    for (int64_t i = 0; i < BATCH; i++)
        m->id[i] = ts_mix64((uint64_t)m->key[i]);
}

/* Look-up (admission's counts included), reading, Adagrad; in units of the plain array's time. */
static void look_up_and_update(ts_ctx *ctx, const bench_data *data)
{
    (void)data;
    bench_memory *m = memory(ctx);
    double table = 0, array = 0;
    for (int batch = 0; m && !ctx->status && batch < BATCHES; batch++) {
        draw(m, batch);
        plain p = {m->array, m->out, m->g, m->key};
        double begin = now();
        ts_par_for(BATCH, 512, read_plain, &p);
        ts_par_for(BATCH, 512, write_plain, &p);
        array += now() - begin;
        begin = now();
        ts_id_table_touch(ctx, m->t, m->row, m->id, NULL, BATCH, 2);
        ts_id_table_read(m->t, m->out, m->row, BATCH);
        ts_id_table_update(ctx, m->t, &adagrad, m->row, m->g, BATCH, 1);
        table += now() - begin;
    }
    if (getenv("TS_BENCH_SAY"))
        fprintf(stderr, "table %.1f ns, array %.1f ns a row\n", 1e9 * table / BATCHES / BATCH,
                1e9 * array / BATCHES / BATCH);
    ctx->flops = array > 0 ? table / array : 0;
}

/* New ids, 256 a step, while the directory grows: p99.9 of the steps in units of their mean. */
static void growth(ts_ctx *ctx, const bench_data *data)
{
    (void)data;
    double mean = 0;
    ts_id_table *t = empty_table(ctx);
    const double slow = t ? fill(ctx, t, rows_wanted() / 4, 256, &mean) : 0;
    ctx->flops = mean > 0 ? slow / mean : 0;
    ts_id_table_close(t);
}

/* What the process has in memory for the table, in units of the formula. */
static double resident(void)
{
    long pages = 0, all;
    FILE *f = fopen("/proc/self/statm", "r");
    if (f) {
        if (fscanf(f, "%ld %ld", &all, &pages) != 2)
            pages = 0;
        fclose(f);
    }
    return (double)pages * 4096;
}

static void formula(ts_ctx *ctx, const bench_data *data)
{
    (void)data;
    double mean;
    const double before = resident();
    ts_id_table *t = empty_table(ctx);
    if (!t)
        return;
    fill(ctx, t, rows_wanted(), BATCH, &mean);
    const int64_t bytes = ts_id_table_bytes_for(&t->o, ts_id_table_count(t),
                                                 t->map.before.bucket != NULL);
    if (getenv("TS_BENCH_SAY"))
        fprintf(stderr, "%lld ids: formula %lld, counted %lld, resident %.0f bytes\n",
                (long long)ts_id_table_count(t), (long long)bytes, (long long)ts_id_table_bytes(t),
                resident() - before);
    ctx->flops = (resident() - before) / (double)bytes;
    ts_id_table_close(t);
}

bench_item bench_table[] = {
    {.name = "table: bytes by the formula", .backend = "plain", .kind = OWN, .goal = 1.1,
     .run = formula},
    {.name = "table: look-up and Adagrad", .backend = "plain", .kind = OWN, .goal = 2.0,
     .run = look_up_and_update},
    {.name = "table: p99.9 of steps that grow", .backend = "plain", .kind = OWN, .goal = 20.0,
     .run = growth},
    {.name = NULL},
};
