/* table.c: slabs of rows behind a directory of ids.
 *
 *     row:  width values | slots * width + extras numbers of optimiser state | count, last (4 + 4 bytes)
 *
 * Memory, exactly, of R = 2^k rows a slab, S slabs, P = the least 16 2^i >= S:
 *
 *     bytes = sizeof(ts_id_table) + S (R row_bytes + 64) + 16 P + directory + directory of waiting ids
 *     row_bytes = size (width (1 + slots) + extras) + 8
 *     directory: table_map.c; about 64 / (5 load) bytes an id, load 3/8 to 3/4, growing half as much more
 *
 * 20 M rows of 17 floats with Adagrad: 2.88 GB of rows, 0.54 GB of directory, 0.27 GB more while it
 * grows. Rows that were removed are used again, the last one first; slabs are kept until the table is
 * closed.
 *
 * A step of n ids goes over them in passes, each asking for memory a few ids ahead: directory, then
 * rows. Only putting new ids in is done by one thread, in the order of the ids given. Sizes, layout
 * and passes are choices of this implementation. Test: tests/des/test_table.c */
#include "ref/des/table.h"

#include "ref/base/clones.h"
#include "ref/base/par.h"

#include <string.h>

enum { AHEAD = 12, PIECE = 512, FIRST_SLABS = 16, LINE = 64, SLAB_ROWS = 16384 };

static int64_t size_of(const ts_id_table_options *o)
{
    return o->dtype == TS_F32 ? 4 : 8;
}

static int64_t state_of(const ts_id_table_options *o)
{
    return o->layout.slots * o->width + o->layout.extras;
}

static int64_t row_bytes_of(const ts_id_table_options *o)
{
    return size_of(o) * (o->width + state_of(o)) + (int64_t)sizeof(ts_id_note);
}

static int64_t slab_bytes(const ts_id_table_options *o)
{
    return (o->slab_rows ? o->slab_rows : SLAB_ROWS) * row_bytes_of(o) + LINE;
}

static ts_status check(ts_ctx *ctx, const ts_id_table_options *o)
{
    enum { WIDEST = 1 << 20, MOST = 1 << 24 };
    if (ts_id_filter_check(ctx, &o->filter))
        return ctx->status;
    if (o->dtype != TS_F32 && o->dtype != TS_F64)
        return ts_fail(ctx, TS_ERROR_USAGE, "table of ids: rows are F32 or F64, not %s",
                       ts_dtype_name(o->dtype));
    if (o->width < 1 || o->width > WIDEST)
        return ts_fail(ctx, TS_ERROR_USAGE, "table of ids: rows of %lld values, expected 1 to %d",
                       (long long)o->width, WIDEST);
    if (o->layout.slots < 0 || o->layout.extras < 0 ||
        o->layout.slots + o->layout.extras > TS_ROW_STATES)
        return ts_fail(ctx, TS_ERROR_USAGE, "table of ids: a state of %d slots and %d numbers",
                       o->layout.slots, o->layout.extras);
    if (o->slab_rows < 0 || o->slab_rows > MOST || (o->slab_rows & (o->slab_rows - 1)))
        return ts_fail(ctx, TS_ERROR_USAGE, "table of ids: slabs of %lld rows, expected a power of two",
                       (long long)o->slab_rows);
    return TS_OK;
}

ts_id_table *ts_id_table_open(ts_ctx *ctx, const ts_id_table_options *options)
{
    if (ctx->status || check(ctx, options))
        return NULL;
    ts_id_table *t = ts_alloc_zero(1, sizeof *t);
    if (!t) {
        ts_fail(ctx, TS_ERROR_MEMORY, "no memory for a table of ids");
        return NULL;
    }
    t->o = *options;
    t->o.slab_rows = options->slab_rows ? options->slab_rows : SLAB_ROWS;
    while (INT64_C(1) << t->shift < t->o.slab_rows)
        t->shift++;
    t->state = state_of(options);
    t->row_bytes = row_bytes_of(options);
    t->free_row = -1;
    t->map.seed = options->seed;
    t->waiting.count.seed = options->seed;
    return t;
}

void ts_id_table_close(ts_id_table *t)
{
    if (!t)
        return;
    for (int64_t i = 0; i < t->slabs; i++)
        ts_free(t->slab[i].block);
    ts_free(t->slab);
    ts_id_map_free(&t->map);
    ts_id_map_free(&t->waiting.count);
    ts_free(t);
}

int64_t ts_id_table_count(const ts_id_table *t)
{
    return t->map.count;
}

int64_t ts_id_table_bytes(const ts_id_table *t)
{
    return (int64_t)sizeof *t + t->slabs * slab_bytes(&t->o) +
           t->slab_room * (int64_t)sizeof *t->slab + ts_id_map_bytes(&t->map) +
           ts_id_map_bytes(&t->waiting.count);
}

int64_t ts_id_table_bytes_for(const ts_id_table_options *o, int64_t count, bool growing)
{
    const int64_t rows = o->slab_rows ? o->slab_rows : SLAB_ROWS, slabs = (count + rows - 1) / rows;
    int64_t room = slabs ? FIRST_SLABS : 0;
    while (room < slabs)
        room *= 2;
    return (int64_t)sizeof(ts_id_table) + slabs * slab_bytes(o) +
           room * (int64_t)sizeof(ts_id_slab) + ts_id_map_bytes_for(count, growing);
}

/* One id in, one out. -------------------------------------------------------------------------- */

static bool add_slab(ts_id_table *t)
{
    if (t->slabs == t->slab_room) {
        const int64_t room = t->slab_room ? 2 * t->slab_room : FIRST_SLABS;
        ts_id_slab *more = ts_realloc(t->slab, (size_t)room * sizeof *more);
        if (!more)
            return false;
        t->slab = more;
        t->slab_room = room;
    }
    unsigned char *block = ts_alloc((size_t)slab_bytes(&t->o));
    if (!block)
        return false;
    const size_t beyond = (size_t)((uintptr_t)block % LINE);
    t->slab[t->slabs++] = (ts_id_slab){block + (beyond ? LINE - beyond : 0), block};
    return true;
}

/* A row for an id that has none; its memory is not written yet. */
static int64_t new_row(ts_ctx *ctx, ts_id_table *t, uint64_t id)
{
    const int64_t row = t->free_row >= 0 ? t->free_row : t->rows;
    if (row >= (int64_t)UINT32_MAX - 1) {
        ts_fail(ctx, TS_ERROR_UNSUPPORTED, "a table of ids has more than 2^32 - 2 rows");
        return -1;
    }
    if ((row >> t->shift >= t->slabs && !add_slab(t)) ||
        !ts_id_map_put(&t->map, id, (uint32_t)row + 1)) {
        ts_fail(ctx, TS_ERROR_MEMORY, "no memory for another row of %lld (%lld bytes in use)",
                (long long)t->map.count, (long long)ts_id_table_bytes(t));
        return -1;
    }
    if (row == t->free_row)
        t->free_row = (int64_t)ts_id_table_note(t, row)->count - 1;
    else
        t->rows++;
    return row;
}

static void begin(ts_id_table *t, int64_t row, uint64_t id)
{
    ts_id_begin(ts_id_table_values(t, row), t->o.dtype, t->o.width, &t->o.init, id);
    ts_row_begin(ts_id_table_state(t, row), t->o.dtype, t->o.width, &t->o.layout);
    *ts_id_table_note(t, row) = (ts_id_note){0, 0};
}

int64_t ts_id_table_put(ts_ctx *ctx, ts_id_table *t, uint64_t id)
{
    if (ctx->status)
        return -1;
    int64_t row = ts_id_table_row(t, id);
    if (row < 0) {
        row = new_row(ctx, t, id);
        if (row >= 0)
            begin(t, row, id);
    }
    return row;
}

bool ts_id_table_remove(ts_id_table *t, uint64_t id)
{
    const int64_t row = ts_id_table_row(t, id);
    if (row < 0)
        return false;
    ts_id_map_remove(&t->map, id);
    ts_id_table_note(t, row)->count = (uint32_t)(t->free_row + 1);
    t->free_row = row;
    return true;
}

/* Many ids. ------------------------------------------------------------------------------------ */

/* What a pass over n ids or rows has. */
typedef struct {
    ts_id_table *t;
    const ts_id_table *from; /* the same, where it is only read */
    int64_t *row;
    const int64_t *rows;
    const uint64_t *id;
    const uint32_t *times;
    void *to;
    const void *g;
    const ts_row_optimizer *o;
    int64_t n, step;
} pass;

/* Into the loops: by itself it would be a function without a result, and GCC leaves those out. */
TS_INTO_LOOPS void prefetch_row(const ts_id_table *t, int64_t row, int64_t bytes)
{
    if (row < 0)
        return;
    const unsigned char *at = ts_id_table_values(t, row);
    for (int64_t i = 0; i < bytes; i += LINE)
        TS_PREFETCH(at + i);
    TS_PREFETCH(at + bytes - 1);
}

int64_t ts_id_table_row(const ts_id_table *t, uint64_t id)
{
    return (int64_t)ts_id_map_find(&t->map, id) - 1;
}

static void find_some(void *arg, int64_t first, int64_t last)
{
    const pass *p = arg;
    for (int64_t i = first; i < last && i < first + AHEAD; i++)
        ts_id_map_prefetch(&p->from->map, p->id[i]);
    for (int64_t i = first; i < last; i++) {
        if (i + AHEAD < last)
            ts_id_map_prefetch(&p->from->map, p->id[i + AHEAD]);
        p->row[i] = ts_id_table_row(p->from, p->id[i]);
    }
}

void ts_id_table_find(const ts_id_table *t, int64_t *row, const uint64_t *id, int64_t n)
{
    pass p = {.from = t, .row = row, .id = id};
    ts_par_for(n, PIECE, find_some, &p);
}

/* Counts and clock move on. */
static void note_one(const pass *p, int64_t i)
{
    ts_id_note *note = ts_id_table_note(p->t, p->row[i]);
    const uint32_t more = p->t->o.per_occurrence && p->times ? p->times[i] : 1;
    note->count = note->count > UINT32_MAX - more ? UINT32_MAX : note->count + more;
    note->last = (uint32_t)p->step;
}

/* Known ids: each is found some ids after its bucket was asked for, and noted some ids after its row. */
static void meet_some(void *arg, int64_t first, int64_t last)
{
    const pass *p = arg;
    for (int64_t i = first - AHEAD; i < last + AHEAD; i++) {
        if (i + AHEAD < last)
            ts_id_map_prefetch(&p->t->map, p->id[i + AHEAD]);
        if (i >= first && i < last) {
            p->row[i] = ts_id_table_row(p->t, p->id[i]);
            if (p->row[i] >= 0)
                TS_PREFETCH(ts_id_table_note(p->t, p->row[i]));
        }
        if (i - AHEAD >= first && p->row[i - AHEAD] >= 0)
            note_one(p, i - AHEAD);
    }
}

/* New rows, which putting them in has marked as -2 - row, begin. */
static void begin_some(void *arg, int64_t first, int64_t last)
{
    const pass *p = arg;
    for (int64_t i = first; i < last; i++)
        if (p->row[i] < -1) {
            p->row[i] = -2 - p->row[i];
            begin(p->t, p->row[i], p->id[i]);
            note_one(p, i);
        }
}

ts_status ts_id_table_touch(ts_ctx *ctx, ts_id_table *t, int64_t *row, const uint64_t *id,
                            const uint32_t *times, int64_t n, uint32_t now)
{
    if (ctx->status)
        return ctx->status;
    pass p = {.t = t, .row = row, .id = id, .times = times, .step = now};
    ts_par_for(n, PIECE, meet_some, &p);
    for (int64_t i = 0; i < n && !ctx->status; i++) {
        const uint32_t some = times ? times[i] : 1;
        bool failed = false;
        if (row[i] >= 0)
            continue;
        if (ts_id_admit(&t->o.filter, &t->waiting, t->o.init.table, id[i], some,
                        t->o.per_occurrence ? some : 1, now, &failed)) {
            const int64_t fresh = new_row(ctx, t, id[i]);
            row[i] = fresh >= 0 ? -2 - fresh : -1;
        }
        if (failed)
            ts_fail(ctx, TS_ERROR_MEMORY, "no memory to count an id (%lld are counted)",
                    (long long)t->waiting.count.count);
    }
    ts_par_for(n, PIECE, begin_some, &p);
    return ctx->status;
}

static void read_some(void *arg, int64_t first, int64_t last)
{
    const pass *p = arg;
    const size_t bytes = (size_t)(p->from->o.width * size_of(&p->from->o));
    for (int64_t i = first; i < last && i < first + AHEAD; i++)
        prefetch_row(p->from, p->rows[i], (int64_t)bytes);
    for (int64_t i = first; i < last; i++) {
        unsigned char *to = (unsigned char *)p->to + (size_t)i * bytes;
        if (i + AHEAD < last)
            prefetch_row(p->from, p->rows[i + AHEAD], (int64_t)bytes);
        if (p->rows[i] >= 0)
            memcpy(to, ts_id_table_values(p->from, p->rows[i]), bytes);
        else if (p->id && p->from->o.filter.how == TS_ADMIT_ALL)
            ts_id_begin(to, p->from->o.dtype, p->from->o.width, &p->from->o.init, p->id[i]);
        else
            memset(to, 0, bytes);
    }
}

void ts_id_table_read(const ts_id_table *t, void *values, const int64_t *row, int64_t n)
{
    pass p = {.from = t, .rows = row, .to = values};
    ts_par_for(n, PIECE, read_some, &p);
}

void ts_id_table_look(const ts_id_table *t, void *values, int64_t *row, const uint64_t *id, int64_t n)
{
    ts_id_table_find(t, row, id, n);
    pass p = {.from = t, .rows = row, .id = id, .to = values};
    ts_par_for(n, PIECE, read_some, &p);
}

static void update_some(void *arg, int64_t first, int64_t last)
{
    const pass *p = arg;
    const ts_id_table *t = p->t;
    const int64_t bytes = t->o.width * size_of(&t->o);
    for (int64_t i = first; i < last && i < first + AHEAD; i++)
        prefetch_row(t, p->rows[i], t->row_bytes);
    for (int64_t i = first; i < last; i++) {
        if (i + AHEAD < last)
            prefetch_row(t, p->rows[i + AHEAD], t->row_bytes);
        if (p->rows[i] >= 0)
            ts_row_update(ts_id_table_values(t, p->rows[i]), ts_id_table_state(t, p->rows[i]),
                          (const unsigned char *)p->g + i * bytes, p->o, t->o.dtype, t->o.width,
                          p->step);
    }
}

ts_status ts_id_table_update(ts_ctx *ctx, ts_id_table *t, const ts_row_optimizer *o, const int64_t *row,
                             const void *g, int64_t n, int64_t step)
{
    if (ctx->status || ts_row_optimizer_check(ctx, o))
        return ctx->status;
    const ts_row_layout layout = ts_row_layout_of(o);
    if (layout.slots != t->o.layout.slots || layout.extras != t->o.layout.extras)
        return ts_fail(ctx, TS_ERROR_USAGE, "the optimiser's state has %d slots and %d numbers, the "
                       "table's %d and %d", layout.slots, layout.extras, t->o.layout.slots,
                       t->o.layout.extras);
    if (step < 1)
        return ts_fail(ctx, TS_ERROR_USAGE, "step %lld: the first is 1", (long long)step);
    pass p = {.t = t, .rows = row, .g = g, .o = o, .step = step};
    ts_par_for(n, PIECE, update_some, &p);
    return TS_OK;
}
