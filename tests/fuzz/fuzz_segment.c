/* One segment of the data cache: counted, every entry read, opened as a level, adopted as an orphan. */
#include "tests/fuzz/fuzz.h"

#include "ref/cache/folder.h"
#include "ref/cache/survey.h"

#include <stdio.h>
#include <unistd.h>

int fuzz_segment(const uint8_t *data, size_t size)
{
    ts_ctx ctx;
    ts_survey first, second;
    ts_ctx_open_plain(&ctx);
    char folder[256];
    snprintf(folder, sizeof folder, "%s/seg", fuzz_folder());
    fuzz_file("seg/seg-1.open", NULL, 0);
    const char *path = fuzz_file("seg/seg-1.dat", data, size);
    ts_survey_folder(&ctx, &first, folder, true, NULL);
    if (!ctx.status) {
        fuzz_require(first.segments == 1 && first.foreign + first.count == 1, "one file, one answer");
        const ts_disk_options o = {.folder = folder,
                                   .dataset = first.count ? first.forms[0].dataset : 0};
        ts_disk *d = ts_disk_open(&ctx, &o);
        ts_disk_state state;
        ts_disk_look(d, &state);
        fuzz_require(!first.count || state.entries <= first.forms[0].entries, "no more than there are");
        ts_disk_close(d);
    }
    unlink(path);
    fuzz_file("seg/seg-1.open", data, size);
    ts_folder_adopt(&ctx, folder);
    ts_survey_folder(&ctx, &second, folder, true, NULL);
    if (!ctx.status && second.segments)
        fuzz_require(second.count == 1 && second.forms[0].cut == 0 && first.count == 1 &&
                         second.forms[0].entries == first.forms[0].entries,
                     "an orphan is cut where its sound part ends");
    unlink(path);
    ts_survey_free(&first);
    ts_survey_free(&second);
    fuzz_end(&ctx);
    return 0;
}
