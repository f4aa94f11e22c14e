/* main.c: runs every registered suite, or those that its words choose (kit.h); the exit status says
 * whether all passed. */
#include "kit.h"

#include "base/json.h"

#include <locale.h>

int main(int argc, char **argv)
{
    size_t count;

    (void)argc;
    setlocale(LC_ALL, "C.UTF-8");
    json_init();
    if (!kit_init(argv[0]))
        return 2;
    SRunner *runner = srunner_create(NULL);
    const struct kit_suite *suites = kit_suites(&count);
    for (size_t i = 0; i < count; i++)
        if (kit_is_chosen(i, argv + 1))
            srunner_add_suite(runner, suites[i].make());
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    kit_release();
    return failed ? 1 : 0;
}
