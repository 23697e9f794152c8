/* One .npy file; what could be read is written and read again. */
#include "tests/fuzz/fuzz.h"

#include "ref/io/npy.h"

#include <string.h>

int fuzz_npy(const uint8_t *data, size_t size)
{
    ts_ctx ctx;
    ts_ctx_open_plain(&ctx);
    const ts_tensor t = ts_npy_read(&ctx, fuzz_file("a.npy", data, size));
    fuzz_touch(t);
    if (!ctx.status && ts_numel(t) < 4096) {
        const char *path = fuzz_file("b.npy", NULL, 0);
        fuzz_require(!ts_npy_write(&ctx, path, t), "what was read can be written");
        const ts_tensor again = ts_npy_read(&ctx, path);
        fuzz_require(!ctx.status && again.dtype == t.dtype && again.rank == t.rank &&
                         ts_numel(again) == ts_numel(t),
                     "what was written can be read");
        fuzz_require(ts_numel(t) == 0 ||
                         memcmp(again.data, t.data,
                                (size_t)ts_numel(t) * ts_dtype_size(t.dtype)) == 0,
                     "and is the same");
    }
    fuzz_end(&ctx);
    return 0;
}
