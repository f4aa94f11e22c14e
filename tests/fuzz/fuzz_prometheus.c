/* fuzz_prometheus.c: whatever answers a query becomes values or an error, never a crash. */
#include "health/prometheus.h"

#include "base/text.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size);

static void look_at(const struct prom_answer *answer)
{
    size_t points = 0;

    assert(answer->count <= PROM_SERIES_MAX && text_is_clean(answer->warning));
    for (size_t i = 0; i < answer->count; i++) {
        const struct prom_series *series = &answer->series[i];
        assert(series->label_count <= PROM_LABELS_MAX);
        for (size_t l = 0; l < series->label_count; l++)
            assert(text_is_clean(series->labels[l].name) && text_is_clean(series->labels[l].value));
        for (size_t p = 1; p < series->point_count; p++)
            assert(series->points[p].at_utc_ms > series->points[p - 1].at_utc_ms);
        points += series->point_count;
    }
    assert(points <= PROM_POINTS_MAX + answer->count);
}

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
    static const long statuses[] = {200, 200, 200, 400, 401, 422, 429, 503, 302};
    static bool ready;
    struct prom_answer answer;
    struct err err = {0};
    double number;

    if (!ready)
        json_init();
    ready = true;
    if (size == 0)
        return 0;
    struct arena *arena = arena_new(1024);
    const char *body = (const char *)data + 1;
    long status = statuses[data[0] % (sizeof statuses / sizeof *statuses)];
    if (prom_judge(status, body, size - 1, "fuzz", arena, &answer, &err))
        look_at(&answer);
    else
        assert(err.code != ERR_NONE && text_is_clean(err.text));
    char *text = xstrndup(body, size - 1);
    const struct prom_value values[] = {{"version", text}, {"service", "web"}, {NULL, NULL}};
    prom_number(text, &number);
    free(prom_fill(text, values));
    free(prom_fill("up{version=\"{version}\"}", values));
    free(text);
    arena_free(arena);
    return 0;
}
