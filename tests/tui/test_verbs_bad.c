/* test_verbs_bad.c: bad input of every kind: one clear line, the exact exit status, and nothing
 * on stdout. */
#include "base/mem.h"
#include "program.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

static struct program program;

static void setup(void)
{
    program_init(&program);
}

/* "%" in the expected line is HOME too. */
static void expand(const char *text, char *out, size_t size)
{
    size_t used = 0;

    for (; *text && used + 1 < size; text++)
        if (*text == '%')
            used += (size_t)snprintf(out + used, size - used, "%s", program.home);
        else
            out[used++] = *text;
    out[used] = '\0';
}

/* The first line of stderr must begin with what is expected. */
static void expect(const char *words, int status, const char *begins)
{
    char line[5000], wanted[5000];
    struct said said = program_run(&program, words);

    said_line(&said, 0, line, sizeof line);
    expand(begins, wanted, sizeof wanted);
    ck_assert_msg(said.status == status, "%s: exit %d, not %d: %s", words, said.status, status,
                  said.err);
    ck_assert_msg(strncmp(line, wanted, strlen(wanted)) == 0, "%s: '%s' does not begin with '%s'",
                  words, line, wanted);
    ck_assert_msg(said.out[0] == '\0', "%s: stdout is not empty: %s", words, said.out);
    said_release(&said);
}

static const struct {
    const char *words;
    int status;
    const char *line;
} usage[] = {
    {"stauts", 2, "lockstep: there is no verb 'stauts'. Did you mean 'status'?"},
    {"xyzzy", 2, "lockstep: there is no verb 'xyzzy'. `lockstep --help` lists them."},
    {"demo knigth", 2,
     "lockstep: the simulator has no scenario 'knigth'. Did you mean 'knight'? There are: "
     "default,"},
    {"demo knigth --play", 2,
     "lockstep: there is no story 'knigth' to play. Did you mean 'knight'? There are: happy,"},
    {"demo eight --play", 2, "lockstep: there is no story 'eight' to play."},
    {"demo --play", 2,
     "lockstep: --play needs the name of a story. There are: happy, bad-canary, knight,"},
    {"completion fihs", 2,
     "lockstep: no shell 'fihs' is known here. Did you mean 'fish'? bash, zsh and fish are."},
    {"help stp", 2, "lockstep: there is no verb 'stp'. Did you mean 'step'?"},
    {"--contxt x", 2, "lockstep: lockstep has no option --contxt. Did you mean '--context'?"},
    {"status --contxt x", 2,
     "lockstep: lockstep status has no option --contxt. Did you mean '--context'?"},
    {"status --yes", 2, "lockstep: lockstep status has no option --yes."},
    {"status a b", 2, "lockstep: expected: lockstep status [SERVICE]"},
    {"step", 2, "lockstep: expected: lockstep step SERVICE"},
    {"start web", 2, "lockstep: expected: lockstep start SERVICE VERSION"},
    {"step web --to", 2, "lockstep: --to needs a value: --to N"},
    {"step web --to 0", 2, "lockstep: --to needs a number from 1 to 1000000, not '0'"},
    {"step web --to -1", 2, "lockstep: --to needs a number from 1 to 1000000, not '-1'"},
    {"step web --to 5x", 2, "lockstep: --to needs a number"},
    {"step web --yes=1", 2, "lockstep: --yes takes no value"},
    {"status -o yaml", 2, "lockstep: --output needs table, text or json, not 'yaml'"},
    {"status --timeout 5d", 2, "lockstep: --timeout needs a time such as 30s or 5m, not '5d'"},
    {"demo --speed 0", 2, "lockstep: --speed needs a number from 0.1 to 1000, not '0'"},
    {"demo --seed x", 2, "lockstep: --seed needs a number, not 'x'"},
    {"demo nowhere", 2, "lockstep: the simulator has no scenario 'nowhere'."},
    {"demo eigth", 2, "lockstep: the simulator has no scenario 'eigth'. Did you mean 'eight'?"},
    {"status --context demo:nowhere", 2, "lockstep: the simulator has no scenario 'nowhere'."},
    {"status --context demo:eight --context demo:eight", 2,
     "lockstep: the context 'demo:eight' is named twice"},
    {"status wep --context demo:eight", 2,
     "lockstep: there is no service 'wep' in the clusters that answered. Did you mean 'web'?"},
    {"fence w1 --context demo:eight", 2, "lockstep: a fence needs its evidence: --reason"},
    {"fence w9 --reason gone --context demo:eight", 2,
     "lockstep: there is no node 'w9' in the clusters that answered"},
    {"audit", 2, "lockstep: expected: lockstep audit verify"},
    {"audit verfy", 2, "lockstep: expected: lockstep audit verify"},
    {"audit verify --context demo:eight", 2, "lockstep: no record is kept here"},
    {"demo", 2, "lockstep: "},
};

START_TEST(a_wrong_command_line_is_explained_in_one_line)
{
    expect(usage[_i].words, usage[_i].status, usage[_i].line);
}
END_TEST

/* Settings under %/.config/lockstep/config.yaml, and what the verbs say of them. */
static const struct {
    const char *text, *line;
} settings[] = {
    {"contexts: [\n", "lockstep: %/.config/lockstep/config.yaml: line"},
    {"contxts: []\n",
     "lockstep: %/.config/lockstep/config.yaml:1:1: contxts: there is no such setting. "
     "Did you mean 'contexts'?"},
    {"contexts: [{name: a, kind: swarm, endpoint: 'ssh://h'}]\n",
     "lockstep: %/.config/lockstep/config.yaml:1:12: contexts[0].endpoint: ssh://h: ssh is not "
     "supported"},
};

START_TEST(wrong_settings_are_named_by_file_and_path)
{
    static const char *const verbs[] = {"", "status", "step web", "fence w1 --reason x",
                                        "audit verify"};

    program_write(&program, ".config/lockstep/config.yaml", settings[_i].text);
    for (size_t i = 0; i < ARRAY_LEN(verbs); i++)
        expect(verbs[i], 2, settings[_i].line);
}
END_TEST

START_TEST(settings_that_cannot_be_trusted_are_not_used)
{
    char path[4300];

    program_write(&program, "c.yaml", "canary: 1\n");
    snprintf(path, sizeof path, "%s/c.yaml", program.home);
    chmod(path, 0666);
    expect("status --config %/c.yaml", 2, "lockstep: %/c.yaml: others may write to it (mode 0666)");
    expect("status --config %/none.yaml", 2, "lockstep: %/none.yaml: there is no such file");
    expect("status --config %", 2, "lockstep: %: is not a regular file");
    if (geteuid() != 0) {
        chmod(path, 0);
        expect("status --config %/c.yaml", 2, "lockstep: %/c.yaml: Permission denied");
    }
}
END_TEST

START_TEST(without_any_cluster_one_line_says_what_to_do)
{
    if (access("/var/run/docker.sock", F_OK) == 0)
        return; /* this machine has one */
    program_setenv(&program, "DOCKER_HOST", "");
    expect("status", 2,
           "lockstep: no cluster is configured: set KUBECONFIG or DOCKER_HOST, or write "
           "%/.config/lockstep/config.yaml; `lockstep demo` needs none");
    expect("", 2, "lockstep: no cluster is configured");
}
END_TEST

START_TEST(docker_by_ssh_or_context_is_explained)
{
    program_setenv(&program, "DOCKER_HOST", "ssh://ops@far");
    expect("status", 2, "lockstep: DOCKER_HOST: ssh://ops@far: ssh is not supported");
    program_setenv(&program, "DOCKER_HOST", "");
    program_setenv(&program, "DOCKER_CONTEXT", "far");
    expect("status", 2,
           "lockstep: the docker context 'far' is in use (DOCKER_CONTEXT), and docker "
           "contexts are not supported; use DOCKER_HOST or config.yaml");
}
END_TEST

/* Endpoints that cannot answer; every verb must say so and leave with 3. */
static const char *const endpoints[] = {
    "unix:///nonexistent/docker.sock", "unix:///usr", /* a folder */
    "unix:///dev/null",                               /* no socket */
    "tcp://127.0.0.1:1",                              /* nobody listens */
};

START_TEST(a_cluster_that_cannot_be_reached_is_exit_3)
{
    program_setenv(&program, "DOCKER_HOST", endpoints[_i]);
    expect("status --timeout 10s", 3, "lockstep: swarm: ");
    expect("step web --yes --timeout 10s", 3, "lockstep: swarm: ");
}
END_TEST

static const char *const journals[] = {"/proc/lockstep/journal.jsonl", "/dev/full", "%"};

/* Runs it and wants a status, a text on stdout, and a text in the first line of stderr. */
static void expect_act(const char *words, int status, const char *out, const char *line)
{
    struct said said = program_run(&program, words);
    char first[5000];

    said_line(&said, 0, first, sizeof first);
    ck_assert_msg(said.status == status, "%s: exit %d, not %d: %s%s", words, said.status, status,
                  said.out, said.err);
    ck_assert_msg(strstr(said.out, out) != NULL, "%s: no '%s' in %s", words, out, said.out);
    ck_assert_msg(strstr(first, line) != NULL, "%s: no '%s' in %s", words, line, first);
    said_release(&said);
}

START_TEST(a_journal_that_cannot_be_written_stops_everything_but_pause_and_undo)
{
    static const char *const rows[][2] = {
        {"start web 5 --context demo:eight", "start web: nothing was sent"},
        {"step inventory --context demo:", "step inventory: nothing was sent"},
        {"pause checkout --context demo:", "pause checkout: nothing was sent"},
        {"rollback inventory --context demo:", "rollback inventory: nothing was sent"},
    };
    char words[400];

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        snprintf(words, sizeof words, "%s --journal %s", rows[i][0], journals[_i]);
        expect_act(words, 3, rows[i][1], "lockstep: no journal: ");
    }
    for (size_t i = 2; i < ARRAY_LEN(rows); i++) {
        snprintf(words, sizeof words, "%s --no-journal --journal %s", rows[i][0], journals[_i]);
        expect_act(words, 0, "done", "lockstep: no journal: ");
    }
}
END_TEST

START_TEST(a_disk_that_is_full_stops_what_was_not_written_down)
{
    static const char step[] = "step inventory --context demo: --journal %/j.jsonl";
    static const char undo[] = "rollback inventory --context demo: --journal %/j.jsonl";
    char words[200];

    expect_act(step, 0, "done", "");
    program.file_max = 2000; /* as much as is there, and not one record more */
    expect_act(step, 3, "step inventory: nothing was sent: ", "");
    expect_act(undo, 3, "rollback inventory: nothing was sent: ", "");
    snprintf(words, sizeof words, "%s --no-journal", undo);
    expect_act(words, 0, "done", "");
}
END_TEST

START_TEST(output_that_nobody_can_read_is_not_a_success)
{
    struct running running;
    int full = open("/dev/full", O_WRONLY);

    ck_assert_int_ge(full, 0);
    program.out = full;
    running = program_start(&program, "status --context demo:eight");
    struct said said = program_finish(&running);
    ck_assert_int_eq(said.status, 3);
    ck_assert_str_eq(said.err, "lockstep: the output could not be written\n");
    said_release(&said);
    close(full);
}
END_TEST

static int listen_somewhere(int *port)
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof at;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    ck_assert_int_eq(bind(fd, (struct sockaddr *)&at, len), 0);
    ck_assert_int_eq(listen(fd, 8), 0);
    ck_assert_int_eq(getsockname(fd, (struct sockaddr *)&at, &len), 0);
    *port = ntohs(at.sin_port);
    return fd;
}

START_TEST(an_interrupt_while_waiting_says_that_nothing_was_sent)
{
    char host[64], line[400];
    int port, fd = listen_somewhere(&port);

    snprintf(host, sizeof host, "tcp://127.0.0.1:%d", port);
    program_setenv(&program, "DOCKER_HOST", host);
    struct running running = program_start(&program, "step web --yes");
    int connection = accept(fd, NULL, NULL); /* it asks now, and waits for the answer */
    ck_assert_int_ge(connection, 0);
    kill(running.pid, SIGINT);
    struct said said = program_finish(&running);
    ck_assert_int_eq(said.status, 3);
    ck_assert_str_eq(said_line(&said, 0, line, sizeof line),
                     "lockstep: interrupted before the clusters had answered; nothing was sent");
    said_release(&said);
    close(connection);
    close(fd);
}
END_TEST

START_TEST(a_scenario_that_cannot_be_read_is_exit_2)
{
    program_write(&program, "broken.json", "{\"services\": ");
    expect("simulate %/broken.json", 2, "lockstep: ");
    expect("simulate %/none.json", 2, "lockstep: cannot read %/none.json");
    expect("simulate", 2, "lockstep: expected: lockstep simulate FILE...");
}
END_TEST

SUITE(verbs_bad)
{
    Suite *suite = suite_create("verbs_bad");
    TCase *tcase = test_case(suite, "bad_input", 60);

    tcase_add_checked_fixture(tcase, setup, NULL);
    tcase_add_loop_test(tcase, a_wrong_command_line_is_explained_in_one_line, 0, ARRAY_LEN(usage));
    tcase_add_loop_test(tcase, wrong_settings_are_named_by_file_and_path, 0, ARRAY_LEN(settings));
    tcase_add_test(tcase, settings_that_cannot_be_trusted_are_not_used);
    tcase_add_test(tcase, without_any_cluster_one_line_says_what_to_do);
    tcase_add_test(tcase, docker_by_ssh_or_context_is_explained);
    tcase_add_loop_test(tcase, a_cluster_that_cannot_be_reached_is_exit_3, 0, ARRAY_LEN(endpoints));
    tcase_add_loop_test(tcase, a_journal_that_cannot_be_written_stops_everything_but_pause_and_undo,
                        0, ARRAY_LEN(journals));
    tcase_add_test(tcase, a_disk_that_is_full_stops_what_was_not_written_down);
    tcase_add_test(tcase, output_that_nobody_can_read_is_not_a_success);
    tcase_add_test(tcase, an_interrupt_while_waiting_says_that_nothing_was_sent);
    tcase_add_test(tcase, a_scenario_that_cannot_be_read_is_exit_2);
    return suite;
}
