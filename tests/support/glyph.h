/* glyph.h: what the tests of ref/glyph share: golden rows, polygons from JSON, planted faults. */
#ifndef TESTS_SUPPORT_GLYPH_H
#define TESTS_SUPPORT_GLYPH_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <jansson.h>

#include "ref/base/ctx.h"
#include "ref/glyph/mask.h"
#include "ref/io/module.h"

/* The JSON of a file (the test fails without it); freed with json_decref. */
json_t *glyph_json(const char *path);

/* [[x, y], ...] into points[room]; returns how many there are. */
int64_t glyph_points(const json_t *polygon, ts_point *points, int64_t room);

/* call(ctx, arg) with the 1st, 2nd, ... allocation failing until it succeeds: each time it must
 * have failed with TS_ERROR_MEMORY. Returns how many allocations there were (at least one). */
int glyph_faults(ts_status (*call)(ts_ctx *ctx, void *arg), void *arg);

/* Runs the JSON case on the room's table and compares every field of out_basic_layout: geometry to
 * 1e-4, what a font rasteriser decides to 3 %, 3 pixels or 10 % of the pixels. There must be `rows`
 * rows; exactly `misses` of them may be outside, and only with the texts named. */
void glyph_rows(const ts_module *table, const char *path, size_t rows, const char *const *texts,
                int text_count, int misses);

#endif
