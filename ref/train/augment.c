/* augment.c: crops, flips and colours, one row of equations each.
 *
 *     crop        area a = U(min_area, 1) H W, aspect r = exp(U(ln 3/4, ln 4/3)); w = sqrt(a r),
 *                 h = sqrt(a / r), rounded; ten tries, then the middle with the nearest legal aspect
 *     padded      a window of the picture's own size at a random place of the picture with a border
 *     brightness  x f;   contrast  g + (x - g) f, g the mean gray;   saturation  y + (x - y) f, y the
 *                 pixel's gray; gray = 0.299 R + 0.587 G + 0.114 B; each cut to [0, 1]
 *     lighting    + sum_i v_i l_i N(0, s): axes v and variances l of ImageNet's colours
 *
 * Random numbers have fixed places in the stream of (seed, epoch, sample): 0-39 crops, 40 flip, 41-43
 * colours, 44 and 45 padding; normals 0-2 of a stream beside it are the lighting.
 *
 * Source: Szegedy et al. 2015 (crops); Krizhevsky et al. 2012 (lighting); torchvision's transforms
 * RandomResizedCrop and ColorJitter (without its random order). Resizing: edit/resample.h, bilinear
 * with antialiasing as Pillow.
 * Test: tests/train/test_augment.c   Golden: scripts/golden/augment.py */
#include "ref/train/augment.h"

#include "ref/base/mathf.h"
#include "ref/base/rng.h"
#include "ref/edit/resample.h"

#include <math.h>
#include <string.h>

const float ts_imagenet_mean[3] = {0.485f, 0.456f, 0.406f};
const float ts_imagenet_deviation[3] = {0.229f, 0.224f, 0.225f};

enum { TRIES = 10, FLIP = 4 * TRIES, COLOURS, PAD = COLOURS + 3, NUMBERS = PAD + 2 };

static uint64_t stream_of(ts_draw_key key)
{
    return ((uint64_t)key.epoch << 40 | (uint64_t)key.sample) * 2;
}

static void draw(double u[NUMBERS], ts_draw_key key)
{
    ts_philox_uniform_f64(u, key.seed, stream_of(key), 0, NUMBERS);
}

static double between(double low, double high, double u)
{
    return low + (high - low) * u;
}

static ts_crop random_crop(int64_t height, int64_t width, double min_area, const double *u)
{
    const double high = ts_log(4.0 / 3.0);
    for (int i = 0; i < TRIES; i++, u += 4) {
        const double area = (double)(height * width) * between(min_area, 1, u[0]);
        const double aspect = ts_exp(between(-high, high, u[1]));
        const int64_t w = (int64_t)nearbyint(sqrt(area * aspect));
        const int64_t h = (int64_t)nearbyint(sqrt(area / aspect));
        if (w > 0 && w <= width && h > 0 && h <= height)
            return (ts_crop){(int64_t)(u[2] * (double)(height - h + 1)),
                             (int64_t)(u[3] * (double)(width - w + 1)), h, w};
    }
    const double aspect = (double)width / (double)height;
    int64_t h = height, w = width;
    if (aspect < 3.0 / 4.0)
        h = (int64_t)nearbyint((double)w / (3.0 / 4.0));
    else if (aspect > 4.0 / 3.0)
        w = (int64_t)nearbyint((double)h * (4.0 / 3.0));
    return (ts_crop){(height - h) / 2, (width - w) / 2, h, w};
}

ts_crop ts_random_crop(int64_t height, int64_t width, double min_area, ts_draw_key key)
{
    double u[NUMBERS];
    draw(u, key);
    return random_crop(height, width, min_area, u);
}

/* The rectangle of the picture, black where it reaches beyond; to be freed. */
static ts_status cut(ts_ctx *ctx, ts_picture *out, const ts_picture *in, ts_crop c)
{
    if (ts_picture_new(ctx, out, c.width, c.height, (ts_picture_kind)in->channels))
        return ctx->status;
    const int64_t from = c.left < 0 ? -c.left : 0;
    const int64_t to = c.left + c.width > in->width ? in->width - c.left : c.width;
    memset(out->pixels, 0, (size_t)(c.width * c.height * in->channels));
    for (int64_t y = 0; y < c.height; y++)
        if (c.top + y >= 0 && c.top + y < in->height && to > from)
            memcpy(out->pixels + (y * c.width + from) * in->channels,
                   in->pixels + ((c.top + y) * in->width + c.left + from) * in->channels,
                   (size_t)((to - from) * in->channels));
    return TS_OK;
}

/* The rectangle, resized to height x width. */
static ts_status cut_and_resize(ts_ctx *ctx, ts_picture *out, const ts_picture *in, ts_crop c,
                                int64_t height, int64_t width)
{
    ts_picture part = {0};
    if (cut(ctx, &part, in, c) || (c.height == height && c.width == width)) {
        *out = part;
        return ctx->status;
    }
    if (!ts_picture_new(ctx, out, width, height, (ts_picture_kind)in->channels))
        ts_resample(ctx, out->pixels, height, width, part.pixels, c.height, c.width, in->channels,
                    TS_BILINEAR);
    ts_picture_free(&part);
    return ctx->status;
}

static float unit(double x)
{
    return (float)(x < 0 ? 0 : x > 1 ? 1 : x);
}

/* Planes of [0, 1], flipped if so. */
static void to_planes(float *out, const ts_picture *p, bool flip)
{
    const int64_t area = p->width * p->height;
    for (int64_t y = 0; y < p->height; y++)
        for (int64_t x = 0; x < p->width; x++)
            for (int c = 0; c < p->channels; c++)
                out[c * area + y * p->width + (flip ? p->width - 1 - x : x)] =
                    (float)(p->pixels[(y * p->width + x) * p->channels + c] / 255.0);
}

static double gray(const float *x, int64_t area, int channels)
{
    if (channels < 3)
        return (double)x[0];
    return 0.299 * (double)x[0] + 0.587 * (double)x[area] + 0.114 * (double)x[2 * area];
}

static void brighten(float *x, int64_t n, double factor)
{
    for (int64_t i = 0; i < n; i++)
        x[i] = unit((double)x[i] * factor);
}

static void contrast(float *x, int64_t area, int channels, double factor)
{
    double mean = 0;
    for (int64_t i = 0; i < area; i++)
        mean += gray(x + i, area, channels);
    mean /= (double)area;
    for (int64_t i = 0; i < area * channels; i++)
        x[i] = unit(mean + ((double)x[i] - mean) * factor);
}

static void saturate(float *x, int64_t area, int channels, double factor)
{
    for (int64_t i = 0; i < area; i++) {
        const double y = gray(x + i, area, channels);
        for (int c = 0; c < channels; c++)
            x[c * area + i] = unit(y + ((double)x[c * area + i] - y) * factor);
    }
}

static void light(float *x, int64_t area, double deviation, ts_draw_key key)
{
    static const double variance[3] = {0.2175, 0.0188, 0.0045};
    static const double axis[3][3] = {{-0.5675, 0.7192, 0.4009},
                                      {-0.5808, -0.0045, -0.8140},
                                      {-0.5836, -0.6948, 0.4203}};
    double n[3];
    ts_philox_normal_f64(n, key.seed, stream_of(key) + 1, 0, 3);
    for (int c = 0; c < 3; c++) {
        double add = 0;
        for (int i = 0; i < 3; i++)
            add += axis[c][i] * variance[i] * n[i] * deviation;
        for (int64_t i = 0; i < area; i++)
            x[c * area + i] = (float)((double)x[c * area + i] + add);
    }
}

static void normalise(float *x, int64_t area, int channels, const ts_augment *how)
{
    for (int c = 0; c < channels; c++)
        for (int64_t i = 0; i < area; i++)
            x[c * area + i] = (float)(((double)x[c * area + i] - (double)how->mean[c]) /
                                      (double)how->deviation[c]);
}

static ts_status check(ts_ctx *ctx, const ts_picture *p, const ts_augment *how)
{
    if (ctx->status)
        return ctx->status;
    if (how->height < 1 || how->width < 1 || how->min_area < 0 || how->min_area > 1 || how->pad < 0)
        return ts_fail(ctx, TS_ERROR_USAGE, "augmentation to %lld x %lld, crops from %g, border %lld",
                       (long long)how->width, (long long)how->height, how->min_area,
                       (long long)how->pad);
    for (int c = 0; c < p->channels && c < 3; c++)
        if (!(how->deviation[c] > 0))
            return ts_fail(ctx, TS_ERROR_USAGE, "augmentation: deviation %g of channel %d",
                           (double)how->deviation[c], c);
    return TS_OK;
}

ts_status ts_augment_train(ts_ctx *ctx, float *out, const ts_picture *picture, const ts_augment *how,
                           ts_draw_key key)
{
    double u[NUMBERS];
    ts_picture p = {0};
    if (check(ctx, picture, how))
        return ctx->status;
    draw(u, key);
    ts_crop c = {0, 0, picture->height, picture->width};
    if (how->min_area > 0)
        c = random_crop(picture->height, picture->width, how->min_area, u);
    else if (how->pad > 0) {
        c.top = (int64_t)(u[PAD] * (double)(2 * how->pad + 1)) - how->pad;
        c.left = (int64_t)(u[PAD + 1] * (double)(2 * how->pad + 1)) - how->pad;
    }
    if (cut_and_resize(ctx, &p, picture, c, how->height, how->width))
        return ctx->status;
    const int64_t area = p.width * p.height;
    to_planes(out, &p, how->flip && u[FLIP] < 0.5);
    if (how->brightness > 0)
        brighten(out, area * p.channels, between(1 - how->brightness, 1 + how->brightness, u[COLOURS]));
    if (how->contrast > 0)
        contrast(out, area, p.channels,
                 between(1 - how->contrast, 1 + how->contrast, u[COLOURS + 1]));
    if (how->saturation > 0 && p.channels == 3)
        saturate(out, area, p.channels,
                 between(1 - how->saturation, 1 + how->saturation, u[COLOURS + 2]));
    if (how->lighting > 0 && p.channels == 3)
        light(out, area, how->lighting, key);
    normalise(out, area, p.channels, how);
    ts_picture_free(&p);
    return ctx->status;
}

/* The crop in the middle whose resized form is the result: `part` of the shorter relative side. */
ts_status ts_augment_test(ts_ctx *ctx, float *out, const ts_picture *picture, const ts_augment *how,
                          double part)
{
    ts_picture p = {0};
    if (check(ctx, picture, how))
        return ctx->status;
    if (!(part > 0 && part <= 1))
        return ts_fail(ctx, TS_ERROR_USAGE, "augmentation: the middle %g of a picture", part);
    const double tall = (double)picture->height / (double)how->height;
    const double wide = (double)picture->width / (double)how->width;
    const double scale = part * (tall < wide ? tall : wide);
    int64_t h = (int64_t)nearbyint(scale * (double)how->height);
    int64_t w = (int64_t)nearbyint(scale * (double)how->width);
    h = h < 1 ? 1 : h > picture->height ? picture->height : h;
    w = w < 1 ? 1 : w > picture->width ? picture->width : w;
    const ts_crop c = {(picture->height - h) / 2, (picture->width - w) / 2, h, w};
    if (cut_and_resize(ctx, &p, picture, c, how->height, how->width))
        return ctx->status;
    to_planes(out, &p, false);
    normalise(out, p.width * p.height, p.channels, how);
    ts_picture_free(&p);
    return ctx->status;
}
