#include "tests/support/files.h"

#include "ref/text/t5_fast.h"

#include <stdio.h>
#include <string.h>

#define META "{\"type\":\"Metaspace\",\"replacement\":\"\xE2\x96\x81\"}"
#define MODEL "{\"type\":\"Unigram\",\"unk_id\":0,\"vocab\":[[\"<unk>\",0],[\"a\",-1]]}"

static void opens(const char *model, const char *normalizer, const char *cutting, const char *rest,
                  ts_status status, const char *words)
{
    char text[2048];
    ts_ctx ctx;
    ts_t5_fast f;
    snprintf(text, sizeof text, "{\"model\":%s,\"normalizer\":%s,\"pre_tokenizer\":%s%s}", model,
             normalizer, cutting, rest);
    files_write_text(files_path("tokenizer.json"), text);
    ts_ctx_open_plain(&ctx);
    ts_t5_fast_open(&ctx, &f, files_path("tokenizer.json"));
    if (status)
        files_failed(&ctx, status, words);
    else
        assert_string_equal(ctx.message, "");
    ts_t5_fast_close(&f);
    ts_ctx_close(&ctx);
}

static void parts(void **state)
{
    (void)state;
    opens(MODEL, "null", META, "", TS_OK, "");
    opens(MODEL, "{\"type\":\"Sequence\",\"normalizers\":[{\"type\":\"Strip\",\"strip_left\":false,"
          "\"strip_right\":true},{\"type\":\"Replace\",\"pattern\":{\"String\":\"x\"},"
          "\"content\":\"y\"}]}",
          "{\"type\":\"Sequence\",\"pretokenizers\":[{\"type\":\"WhitespaceSplit\"}," META "]}", "",
          TS_OK, "");
}

static void refused(void **state)
{
    (void)state;
    const ts_status no = TS_ERROR_UNSUPPORTED, bad = TS_ERROR_FORMAT;
    opens("1", "null", META, "", bad, "no model");
    opens("{\"type\":\"BPE\",\"vocab\":[]}", "null", META, "", no, "\"BPE\"");
    opens("{\"unk_id\":0,\"vocab\":[[\"a\"]]}", "null", META, "", bad, "piece 0");
    opens("{\"unk_id\":5,\"vocab\":[[\"a\",0]]}", "null", META, "", bad, "unk_id");
    opens("{\"unk_id\":null,\"vocab\":[[\"a\",0]]}", "null", META, "", bad, "unk_id");
    opens("{\"unk_id\":0,\"byte_fallback\":true,\"vocab\":[[\"a\",0]]}", "null", META, "", no,
          "byte_fallback");
    opens(MODEL, "{\"type\":\"NFD\"}", META, "", no, "normalizer of type \"NFD\"");
    opens(MODEL, "{\"type\":\"Precompiled\"}", META, "", bad, "precompiled_charsmap");
    opens(MODEL, "{\"type\":\"Replace\",\"pattern\":{\"Regex\":\"[a-z]\"},\"content\":\"\"}", META,
          "", no, "[a-z]");
    opens(MODEL, "null", "{\"type\":\"ByteLevel\"}", "", no, "ByteLevel");
    opens(MODEL, "null", "{\"type\":\"Sequence\",\"pretokenizers\":[]}", "", no, "sequence");
    opens(MODEL, "null", "{\"type\":\"Metaspace\",\"replacement\":\"\"}", "", bad, "replacement");
    opens(MODEL, "null", "{\"type\":\"Metaspace\",\"prepend_scheme\":\"maybe\"}", "", no, "maybe");
    opens(MODEL, "null", META, ",\"added_tokens\":[{\"id\":-3,\"content\":\"<x>\"}]", bad, "<x>");
    opens(MODEL, "null", META,
          ",\"added_tokens\":[{\"id\":3,\"content\":\"<x>\",\"normalized\":true}]", no,
          "after normalizing");
    opens(MODEL, "null", META, ",\"post_processor\":{\"type\":\"Bert\"}", no, "Bert");
    opens(MODEL, "null", META,
          ",\"post_processor\":{\"type\":\"TemplateProcessing\",\"single\":[{\"SpecialToken\":"
          "{\"id\":\"</s>\"}}]}", bad, "has no ids");
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(parts), cmocka_unit_test(refused)};
    return cmocka_run_group_tests(tests, files_setup, files_teardown);
}
