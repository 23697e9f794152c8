/* digest.h: a hash of numbers. Every step is a bijection of the state, and the shift brings the
 * product's high bits down again, so that two changed signs do not cancel. */
#ifndef TESTS_HASHES_DIGEST_H
#define TESTS_HASHES_DIGEST_H

#include "ref/base/tensor.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

typedef struct {
    uint64_t state;
} digest;

static inline digest digest_new(void)
{
    return (digest){0x9e3779b97f4a7c15u};
}

static inline void digest_add(digest *d, uint64_t value)
{
    const uint64_t product = (d->state ^ value) * 0xd6e8feb86659fd93u;
    d->state = product ^ product >> 32;
}

static inline void digest_text(digest *d, const char *text)
{
    for (; *text; text++)
        digest_add(d, (unsigned char)*text);
    digest_add(d, 0x100);
}

static inline void digest_f64(digest *d, double x)
{
    uint64_t bits = 0x7ff8000000000000u;
    if (x == x)
        memcpy(&bits, &x, sizeof bits);
    digest_add(d, bits);
}

static inline void digest_f32(digest *d, float x)
{
    uint32_t bits = 0x7fc00000u;
    if (x == x)
        memcpy(&bits, &x, sizeof bits);
    digest_add(d, bits);
}

/* Name, type, sizes and elements; a contiguous tensor. Integers of two and more bytes are taken as
 * numbers; narrow floats as their bits, which our own conversions make. */
static inline void digest_tensor(digest *d, const char *name, ts_tensor t)
{
    const size_t size = ts_dtype_size(t.dtype);
    const unsigned char *at = t.data;
    digest_text(d, name);
    digest_text(d, ts_dtype_name(t.dtype));
    for (int i = 0; i < t.rank; i++)
        digest_add(d, (uint64_t)t.size[i]);
    for (int64_t i = 0, n = ts_numel(t); i < n; i++, at += size) {
        uint16_t two;
        uint32_t four;
        uint64_t eight;
        if (t.dtype == TS_F64)
            digest_f64(d, ((const double *)t.data)[i]);
        else if (t.dtype == TS_F32)
            digest_f32(d, ((const float *)t.data)[i]);
        else if (size == 8)
            memcpy(&eight, at, 8), digest_add(d, eight);
        else if (size == 4)
            memcpy(&four, at, 4), digest_add(d, four);
        else if (size == 2)
            memcpy(&two, at, 2), digest_add(d, two);
        else
            digest_add(d, *at);
    }
}

#endif
