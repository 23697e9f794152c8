/* glyph.c: what an edit shows the model, alone: the glyph picture and the mask. */
#include "ref/cli/command.h"
#include "ref/cli/scene.h"
#include "ref/glyph/line.h"

static const ts_option options[] = {
    {"--image", "FILE", "the picture that is to be edited (only its size counts)"},
    TS_SCENE_OPTIONS,
    {"--out", "FILE", "PNG: the texts, white on black"},
    {"--mask-out", "FILE", "PNG: the regions, white on black"},
    {"--line", NULL, "instead: one --text alone on a picture of 512 x 80 pixels"},
    {0}};

static ts_status write_gray(ts_ctx *ctx, const char *path, uint8_t *pixels, int64_t height,
                            int64_t width)
{
    const ts_picture picture = {width, height, TS_GRAY, pixels};
    return path && !ctx->status ? ts_picture_write(ctx, path, &picture, NULL, 0) : ctx->status;
}

static ts_status draw_line(ts_ctx *ctx, const ts_options *o)
{
    ts_font_set set = {.fonts = {.count = 0}};
    ts_line_glyph line;
    ts_picture picture = {.pixels = NULL};
    if (ts_option_times(o, "--text") != 1)
        return ts_fail(ctx, TS_ERROR_USAGE, "--line: %d texts, expected one --text",
                       ts_option_times(o, "--text"));
    if (!ts_font_set_open(ctx, &set, o) &&
        !ts_picture_new(ctx, &picture, TS_LINE_WIDTH, TS_LINE_HEIGHT, TS_GRAY) &&
        !ts_draw_line(ctx, &line, picture.pixels, ts_option_text(o, "--text", ""), &set.fonts))
        ts_picture_write(ctx, ts_option_text(o, "--out", NULL), &picture, NULL, 0);
    ts_picture_free(&picture);
    ts_font_set_close(&set);
    return ctx->status;
}

static ts_status draw_scene(ts_ctx *ctx, const ts_options *o)
{
    ts_scene scene;
    const char *out = ts_option_text(o, "--out", NULL);
    if (!ts_scene_read(ctx, &scene, o, out != NULL)) {
        ts_scene_say(stderr, &scene);
        write_gray(ctx, out, scene.glyph, scene.height, scene.width);
        write_gray(ctx, ts_option_text(o, "--mask-out", NULL), scene.mask, scene.height,
                   scene.width);
    }
    ts_scene_free(&scene);
    return ctx->status;
}

static int run(const ts_options *o)
{
    ts_ctx ctx;
    const bool out = ts_option_on(o, "--out"), line = ts_option_on(o, "--line");
    ts_ctx_open_plain(&ctx);
    if (o->count)
        ts_fail(&ctx, TS_ERROR_USAGE, "glyph: what is \"%s\"? a text stands behind --text",
                o->arguments[0]);
    else if (!out && (line || !ts_option_on(o, "--mask-out")))
        ts_fail(&ctx, TS_ERROR_USAGE, "glyph: where to? --out FILE%s",
                line ? "" : ", --mask-out FILE");
    else if (line)
        draw_line(&ctx, o);
    else
        draw_scene(&ctx, o);
    const int code = ts_exit_code(&ctx);
    ts_ctx_close(&ctx);
    return code;
}

const ts_command ts_command_glyph = {
    "glyph",
    "(--image FILE | --size WxH) (--mask FILE | --polygon POINTS)... --text TEXT... --out FILE\n"
    "                        [--mask-out FILE] [OPTION]...\n"
    "       touchstone glyph --line --text TEXT --out FILE [--font FILE]...",
    "the glyph picture and the mask of an edit, alone",
    "The pictures are those that `touchstone edit` makes of the same options, at the same size:\n"
    "the picture's or --size, cut to multiples of 16. Without --image, places are measured in a\n"
    "picture of --size, or of the mask's size.",
    options, run};
