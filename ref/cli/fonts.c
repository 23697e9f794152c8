/* fonts.c: the fonts of the command line, or those that are found.
 * Test: tests/cli/test_fonts.c */
#include "ref/cli/fonts.h"

#include "ref/io/file.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { PATH = 4096 };

static const char *const wanted[] = {"DejaVuSans.ttf", "DroidSansFallbackFull.ttf"};
enum { WANTED = sizeof wanted / sizeof *wanted };

static const char *const folders[] = {
    "data/fonts", "/usr/local/share/touchstone/fonts", "/usr/share/touchstone/fonts",
    "/usr/share/fonts/truetype/dejavu", "/usr/share/fonts/truetype/droid"};
enum { FOLDERS = sizeof folders / sizeof *folders };

/* The folder of a copy installed under any prefix: PREFIX/bin/touchstone knows of
 * PREFIX/share/touchstone/fonts. Empty where the system does not tell where the program is. */
static void beside_program(char *folder, size_t room)
{
    char self[PATH];
    const ssize_t n = readlink("/proc/self/exe", self, sizeof self - 1);
    folder[0] = '\0';
    if (n <= 0)
        return;
    self[n] = '\0';
    char *slash = strrchr(self, '/');
    if (!slash || strlen(self) + 32 > room)
        return;
    *slash = '\0';
    snprintf(folder, room, "%.*s/../share/touchstone/fonts", (int)(room - 32), self);
}

static bool is_at(char *path, size_t room, const char *folder, const char *name)
{
    if (!folder || !*folder)
        return false;
    const int n = snprintf(path, room, "%s/%s", folder, name);
    return n > 0 && (size_t)n < room && ts_path_exists(path);
}

static bool find(char *path, size_t room, const char *name)
{
    char beside[PATH];
    beside_program(beside, sizeof beside);
    if (is_at(path, room, getenv("TOUCHSTONE_FONTS"), name) || is_at(path, room, beside, name))
        return true;
    for (int i = 0; i < FOLDERS; i++)
        if (is_at(path, room, folders[i], name))
            return true;
    return false;
}

static ts_status add(ts_ctx *ctx, ts_font_set *set, const char *path)
{
    if (set->fonts.count == TS_MAX_FONTS)
        return ts_fail(ctx, TS_ERROR_USAGE, "--font: at most %d fonts", TS_MAX_FONTS);
    ts_font *font = ts_font_open(ctx, path);
    if (font) {
        set->open[set->fonts.count] = font;
        set->fonts.font[set->fonts.count++] = font;
    }
    return ctx->status;
}

ts_status ts_font_set_open(ts_ctx *ctx, ts_font_set *set, const ts_options *o)
{
    char path[PATH];
    const int given = ts_option_times(o, "--font");
    *set = (ts_font_set){.fonts = {.count = 0}};
    for (int i = 0; i < given && !ctx->status; i++)
        add(ctx, set, ts_option_nth(o, "--font", i));
    for (int i = 0; given == 0 && i < WANTED && !ctx->status; i++)
        if (find(path, sizeof path, wanted[i]))
            add(ctx, set, path);
    if (!ctx->status && set->fonts.count == 0)
        return ts_fail(ctx, TS_ERROR_USAGE,
                       "no font: %s and %s are neither in $TOUCHSTONE_FONTS nor in data/fonts nor "
                       "installed; --font FILE", wanted[0], wanted[1]);
    return ctx->status;
}

void ts_font_set_close(ts_font_set *set)
{
    for (int i = 0; i < set->fonts.count; i++)
        ts_font_close(set->open[i]);
    *set = (ts_font_set){.fonts = {.count = 0}};
}
