/* test_selector.c: what of a query chooses series, and what does not. */
#include "health/selector.h"
#include "health/settings.h"

#include "base/mem.h"
#include "test.h"

#include <stdio.h>
#include <string.h>

/* All that is found, as name(label,label)[range] with blanks between. */
static const char *found_in(const char *query, char *out, size_t size)
{
    struct selector s;
    size_t used = 0;

    out[0] = '\0';
    while (selector_next(&query, &s)) {
        used += (size_t)snprintf(out + used, size - used, "%s%.*s(", used ? " " : "",
                                 (int)s.name.len, s.name.at);
        for (size_t i = 0; i < s.count; i++)
            used += (size_t)snprintf(out + used, size - used, "%s%.*s", i ? "," : "",
                                     (int)s.matcher[i].text.len, s.matcher[i].text.at);
        used += (size_t)snprintf(out + used, size - used, ")%.*s", (int)s.range.len, s.range.at);
    }
    return out;
}

static const struct {
    const char *query, *found;
} row[] = {
    {"up", "up()"},
    {" up # of all\n", "up()"},
    {"a:b_2", "a:b_2()"},
    {"up{job=\"x\"}", "up(job=\"x\")"},
    {"up{}", "up()"},
    {"up {job=\"x\" , instance =~ 'a|b',}[5m]", "up(job=\"x\",instance =~ 'a|b')5m"},
    {"up{a!=\"\",b!~`\\d\"`}", "up(a!=\"\",b!~`\\d\"`)"},
    {"{__name__=\"up\"}", "(__name__=\"up\")"},
    {"{\"my.metric\", a=\"b\"}", "\"my.metric\"(a=\"b\")"},
    {"up{a=\"}\\\"{b\"}", "up(a=\"}\\\"{b\")"},
    {"sum(rate(a{b=\"c\"}[30000ms])) / sum(rate(d[1h]))", "a(b=\"c\")30000ms d()1h"},
    {"sum by (le, job) (a)", "a()"},
    {"sum(a) by (job)", "a()"},
    {"SUM WITHOUT (x)(a)", "a()"},
    {"(a or vector(0)) / b", "a() b()"},
    {"a and on (x) b unless ignoring(y) c", "a() b() c()"},
    {"a * on(x) group_left(y) b * on(x) group_left c", "a() b() c()"},
    {"a offset 5m > bool 1e3", "a()"},
    {"max_over_time(a[1h:1m])", "a()"},
    {"histogram_quantile(0.95, a_bucket)", "a_bucket()"},
    {"\"a{b='c'}\"", ""},
    {"0x1F + 12.5e3 + Inf", ""},
    {"", ""},
    {"up{job=", ""},
    {"up{job=\"x}", ""},
    {"'", ""},
    {"{}", ""},
    {"[5m", ""},
};

START_TEST(what_chooses_series_is_found_and_nothing_else)
{
    char out[400];

    for (size_t i = 0; i < ARRAY_LEN(row); i++)
        ck_assert_msg(strcmp(found_in(row[i].query, out, sizeof out), row[i].found) == 0,
                      "%s: found '%s', expected '%s'", row[i].query, out, row[i].found);
}
END_TEST

START_TEST(every_ready_made_query_has_a_selector)
{
    static const char *const sets[] = {"http_requests_total", "envoy",    "istio",
                                       "ingress-nginx",       "cadvisor", "kube-state"};
    char out[2000];

    for (size_t i = 0; i < ARRAY_LEN(sets); i++)
        for (unsigned m = 0; m < MEASURE_COUNT; m++) {
            const char *query = metrics_set_query(sets[i], (enum measure)m);
            if (query[0])
                ck_assert_msg(strlen(found_in(query, out, sizeof out)) > 5, "%s: %s", query, out);
        }
}
END_TEST

START_TEST(a_selector_with_too_many_labels_is_passed_over)
{
    char query[800] = "a{", out[1500];
    size_t used = 2;

    for (int i = 0; i <= SELECTOR_MATCHERS_MAX; i++)
        used += (size_t)snprintf(query + used, sizeof query - used, "l%d=\"v\",", i);
    snprintf(query + used, sizeof query - used, "} + b");
    found_in(query, out, sizeof out);
    ck_assert_str_eq(out, "b()");
}
END_TEST

SUITE(selector)
{
    Suite *suite = suite_create("selector");
    TCase *tc = test_case(suite, "scan", 20);

    tcase_add_test(tc, what_chooses_series_is_found_and_nothing_else);
    tcase_add_test(tc, every_ready_made_query_has_a_selector);
    tcase_add_test(tc, a_selector_with_too_many_labels_is_passed_over);
    return suite;
}
