/* hint.c: a font made ready for hinting at a size.
 *
 *     font program (fpgm)   once: defines functions
 *     size program (prep)   once a size: control values, storage, the state glyphs begin with
 *     glyph programs        hint_glyph.c
 *
 *     control value i = cvt[i] * scale        scale = size * 64 / units, 16.16
 *
 * Of the state that the size's program leaves, vectors, reference points, zone pointers and loop do
 * not reach the glyphs. What a glyph's program writes to storage, control values and twilight zone,
 * the next glyph does not see.
 *
 * Source: OpenType specification 1.9, chapters fpgm, prep, cvt, maxp and "Instructing TrueType
 * glyphs". Test: tests/glyph/test_hint.c. */
#include "ref/glyph/hint.h"

#include "ref/base/ctx.h"

#include <string.h>

static uint32_t limit(const ts_sfnt *f, int at)
{
    return ts_font_u16(f->data + f->maxp.offset + at);
}

static void *zeros(ts_ctx *ctx, int64_t count, size_t bytes)
{
    void *p = ts_take(ctx, (size_t)count * bytes + 1);
    if (p)
        memset(p, 0, (size_t)count * bytes + 1);
    return p;
}

/* maxp says how much of everything the programs need; all numbers have 16 bits. */
static ts_status make_machine(ts_ctx *ctx, ts_hinter *h)
{
    const ts_sfnt *f = h->font;
    const int32_t twilight = (int32_t)limit(f, 16) + 4, cvt = (int32_t)(f->cvt.length / 2);
    ts_machine *m = zeros(ctx, 1, sizeof *m);
    if (!m)
        return ctx->status;
    *m = (ts_machine){.ppem = (int32_t)h->size, .scale = h->scale, .state = ts_hint_default};
    m->storage_size = (int32_t)limit(f, 18);
    m->functions = (int32_t)limit(f, 20);
    m->stack_size = (int32_t)limit(f, 24) + 32;
    m->control_values = cvt < 0x10000 ? cvt : 0x10000;
    m->stack = zeros(ctx, m->stack_size, sizeof *m->stack);
    m->storage = zeros(ctx, m->storage_size, sizeof *m->storage);
    m->control_value = zeros(ctx, m->control_values, sizeof *m->control_value);
    m->function = zeros(ctx, m->functions, sizeof *m->function);
    m->instruction = zeros(ctx, 256, sizeof *m->instruction);
    m->zone[0].points = twilight;
    m->zone[0].units = zeros(ctx, twilight, sizeof(ts_hint_point));
    m->zone[0].original = zeros(ctx, twilight, sizeof(ts_hint_point));
    m->zone[0].now = zeros(ctx, twilight, sizeof(ts_hint_point));
    m->zone[0].flags = zeros(ctx, twilight, 1);
    h->storage = zeros(ctx, m->storage_size, sizeof *h->storage);
    h->control_value = zeros(ctx, m->control_values, sizeof *h->control_value);
    h->twilight = zeros(ctx, 2 * (int64_t)twilight, sizeof *h->twilight);
    h->machine = m;
    return ctx->status;
}

static ts_program program_of(const ts_sfnt *f, ts_font_table table)
{
    return (ts_program){f->data + table.offset, (int32_t)table.length};
}

static void scale_control_values(ts_hinter *h)
{
    const uint8_t *cvt = h->font->data + h->font->cvt.offset;
    for (int32_t i = 0; i < h->machine->control_values; i++)
        h->machine->control_value[i] = ts_times_16(64 * ts_font_s16(cvt + 2 * i), h->scale >> 6);
}

static void keep(ts_hinter *h)
{
    const ts_machine *m = h->machine;
    const ts_hint_state *d = &ts_hint_default;
    const size_t n = (size_t)m->zone[0].points;
    memcpy(h->storage, m->storage, (size_t)m->storage_size * sizeof *h->storage);
    memcpy(h->control_value, m->control_value,
           (size_t)m->control_values * sizeof *h->control_value);
    memcpy(h->twilight, m->zone[0].original, n * sizeof *h->twilight);
    memcpy(h->twilight + n, m->zone[0].now, n * sizeof *h->twilight);
    h->state = m->state;
    h->state.projection = h->state.freedom = h->state.dual = d->projection;
    memcpy(h->state.reference, d->reference, sizeof d->reference);
    memcpy(h->state.zone, d->zone, sizeof d->zone);
    h->state.loop = d->loop;
}

ts_status ts_hinter_open(ts_ctx *ctx, ts_hinter *h, const ts_sfnt *font, int64_t size)
{
    *h = (ts_hinter){.font = font, .size = size, .state = ts_hint_default};
    if (size < 1 || size * 64 * 0x10000 / font->units >= INT32_MAX)
        return ts_fail(ctx, TS_ERROR_USAGE, "a font cannot be drawn at %lld pixels",
                       (long long)size);
    h->scale = ts_times_over(size * 64, 0x10000, font->units);
    if (font->maxp.length < 32 || !font->hinted)
        return TS_OK;
    if (make_machine(ctx, h))
        return ctx->status;
    ts_machine *m = h->machine;
    m->program[TS_FONT_PROGRAM] = program_of(font, font->fpgm);
    m->program[TS_SIZE_PROGRAM] = program_of(font, font->prep);
    if (!ts_hint_run(m, TS_FONT_PROGRAM))
        return TS_OK;
    scale_control_values(h);
    m->state = ts_hint_default;
    m->steps = 0;
    if (!ts_hint_run(m, TS_SIZE_PROGRAM))
        return TS_OK;
    h->works = !(m->state.control & 1);
    keep(h);
    if (m->state.control & 2)
        h->state = ts_hint_default;
    return TS_OK;
}
