/* stb.c: stb_truetype, compiled here and nowhere else.
 *
 * Only its outlines are used (stbtt_GetGlyphShape), on fonts that ts_font_guard has walked through.
 * Its allocations are ours, so that faults can be planted; one that fails is remembered, because
 * the library then returns an empty outline without a word. Its assertions are switched off: what
 * they state the guard has checked.
 *
 * The library is public domain (Sean Barrett). Test: tests/glyph/test_stb.c. */
#include "ref/glyph/stb.h"

#include "ref/base/ctx.h"

#if defined(__GNUC__)
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wconversion"
#pragma GCC diagnostic ignored "-Wsign-conversion"
#pragma GCC diagnostic ignored "-Wshadow"
#pragma GCC diagnostic ignored "-Wcast-qual"
#pragma GCC diagnostic ignored "-Wdouble-promotion"
#pragma GCC diagnostic ignored "-Wunused-function"
#pragma GCC diagnostic ignored "-Wunused-parameter"
#pragma GCC diagnostic ignored "-Wunused-variable"
#endif

static void *stb_alloc(size_t bytes, bool *failed)
{
    void *block = ts_alloc(bytes);
    *failed = *failed || !block;
    return block;
}

/* Parts of compounds may be scaled beyond the 16 bits of the file: the guard's MAX_REACH bounds them. */
typedef struct {
    int x, y, cx, cy, cx1, cy1;
    unsigned char type, padding;
} wide_vertex;
#define stbtt_vertex wide_vertex
#define stbtt_vertex_type int
#define STBTT_STATIC
#define STBTT_malloc(bytes, user) stb_alloc((bytes), (user))
#define STBTT_free(block, user) ((void)(user), ts_free(block))
#define STBTT_assert(x) ((void)0)
/* Of libm nothing comes in whose last bit differs between machines. Distance fields alone would use
 * all but the root, and we make none. */
#define STBTT_sqrt(x) sqrt(x)
#define STBTT_pow(x, y) ((void)(x), (void)(y), 0.0)
#define STBTT_cos(x) ((void)(x), 0.0)
#define STBTT_acos(x) ((void)(x), 0.0)
#define STB_TRUETYPE_IMPLEMENTATION
#include <stb/stb_truetype.h>

#if defined(__GNUC__)
#pragma GCC diagnostic pop
#endif

ts_status ts_stb_outline(ts_ctx *ctx, ts_outline *outline, const ts_sfnt *font, int64_t glyph)
{
    *outline = (ts_outline){0};
    bool failed = false;
    /* Glyph 0 stands in for characters without one, so it comes here even if it cannot be used. */
    if (glyph < 0 || glyph >= font->glyphs || !font->usable[glyph])
        return TS_OK;
    stbtt_fontinfo info = {.userdata = &failed};
    if (!stbtt_InitFont(&info, font->data, (int)font->start))
        return ts_fail(ctx, TS_ERROR_FORMAT, "stb_truetype does not take the font");
    stbtt_vertex *vertices = NULL;
    const int n = stbtt_GetGlyphShape(&info, (int)glyph, &vertices);
    if (n > 0)
        outline->step = ts_alloc((size_t)n * sizeof *outline->step);
    for (int i = 0; outline->step && i < n; i++) {
        const stbtt_vertex *v = &vertices[i];
        outline->step[i] = (ts_outline_step){(ts_step_kind)v->type, v->x, v->y, v->cx, v->cy};
    }
    outline->count = n;
    ts_free(vertices);
    if (failed || (n > 0 && !outline->step)) {
        ts_free(outline->step);
        *outline = (ts_outline){0};
        return ts_fail(ctx, TS_ERROR_MEMORY, "no memory for the outline of a glyph");
    }
    return TS_OK;
}
