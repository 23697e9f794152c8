/* Where texts go: the working size as --size has it, then pieces that are each a --polygon, or, behind
 * the letter #, a mask as rows of pixels. */
#include "tests/fuzz/fuzz.h"

#include "ref/cli/places.h"
#include "ref/cli/scene.h"
#include "ref/glyph/mask.h"

#include <stdlib.h>
#include <string.h>

enum { HEIGHT = 24, WIDTH = 32, MOST = 96, PIECES = 16 };

static const ts_option known[] = {TS_PLACES_OPTIONS, {0}};

static char *text_of(fuzz_piece piece)
{
    char *text = malloc(piece.size + 1);
    fuzz_require(text != NULL, "memory");
    memcpy(text, piece.data, piece.size);
    text[piece.size] = '\0';
    return text;
}

/* Every pixel of the mask belongs to a region, and every region has corners. */
static void patches(fuzz_piece piece)
{
    ts_ctx ctx;
    uint8_t mask[HEIGHT * WIDTH] = {0};
    ts_regions regions = {.count = 0};
    memcpy(mask, piece.data + 1, piece.size - 1 < sizeof mask ? piece.size - 1 : sizeof mask);
    ts_ctx_open_plain(&ctx);
    if (!ts_regions_of_mask(&ctx, &regions, mask, HEIGHT, WIDTH))
        for (int64_t i = 0; i < regions.count; i++)
            fuzz_require(regions.polygons[i].count > 0, "regions have corners");
    ts_regions_free(&regions);
    fuzz_end(&ctx);
}

/* The regions at another size, and what they cover there. */
static void use(ts_ctx *ctx, const ts_places *places, int64_t height, int64_t width)
{
    static uint8_t mask[MOST * MOST];
    const int64_t n = ts_places_points(places);
    ts_polygon *to = malloc((size_t)places->count * sizeof *to);
    ts_point *points = malloc((size_t)n * sizeof *points);
    fuzz_require(to && points, "memory");
    ts_places_scaled(to, points, places, height, width);
    for (int64_t i = 0; i < places->count; i++)
        fuzz_require(to[i].count >= 3 && to[i].points >= points, "a region has three corners");
    if (!ts_places_mask(ctx, mask, places, height, width))
        for (int64_t i = 0; i < height * width; i++)
            fuzz_require(mask[i] == 0 || mask[i] == 255, "a mask is black and white");
    free(points);
    free(to);
}

int fuzz_places(const uint8_t *data, size_t size)
{
    ts_ctx ctx;
    ts_options o;
    ts_places places = {.count = 0};
    fuzz_piece rest = {data, size};
    int64_t width = WIDTH, height = HEIGHT;
    char *word[2 * PIECES], *asked = text_of(fuzz_next(&rest));
    int count = 0;
    ts_ctx_open_plain(&ctx);
    if (!ts_size_read(&ctx, "--size", asked, &width, &height))
        fuzz_require(width > 0 && height > 0, "a size is positive");
    ts_ctx_clear(&ctx);
    while (rest.size && count < 2 * PIECES) {
        const fuzz_piece piece = fuzz_next(&rest);
        if (piece.size && piece.data[0] == '#') {
            patches(piece);
            continue;
        }
        word[count++] = strdup("--polygon");
        word[count++] = text_of(piece);
    }
    if (!ts_options_parse(&ctx, &o, known, count, word) &&
        !ts_places_read(&ctx, &places, &o, HEIGHT, WIDTH))
        use(&ctx, &places, height < MOST ? height : MOST, width < MOST ? width : MOST);
    ts_places_free(&places);
    ts_options_free(&o);
    while (count)
        free(word[--count]);
    free(asked);
    fuzz_end(&ctx);
    return 0;
}
