/* One safetensors file. */
#include "tests/fuzz/fuzz.h"

#include "ref/io/safetensors.h"

#include <string.h>

int fuzz_safetensors(const uint8_t *data, size_t size)
{
    ts_ctx ctx;
    ts_ctx_open_plain(&ctx);
    ts_safetensors *file = ts_safetensors_open(&ctx, fuzz_file("a.safetensors", data, size));
    fuzz_require(!file == (ctx.status != TS_OK), "a file or a failure");
    for (int64_t i = 0; file && i < ts_safetensors_count(file); i++) {
        const char *name = ts_safetensors_name(file, i);
        fuzz_require(ts_safetensors_find(file, name) == i, "every tensor is found by its name");
        fuzz_touch(ts_safetensors_tensor(file, i));
    }
    if (file) {
        const char *format = ts_safetensors_metadata(file, "format");
        fuzz_require(!format || strlen(format) < size, "metadata come out of the file");
        fuzz_require(ts_safetensors_find(file, "no such \x01 name") < 0, "names are printable");
    }
    ts_safetensors_close(file);
    fuzz_end(&ctx);
    return 0;
}
