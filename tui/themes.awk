# themes.awk FILE...: the themes as a table in C, so that the program needs none of these files.
BEGIN { print "#include \"theme.h\"\n\nconst struct theme_text theme_built_in[] = {" }
FNR == 1 {
    if (NR > 1) print "    },"
    name = FILENAME
    sub(/^.*\//, "", name)
    sub(/\.theme$/, "", name)
    printf "    {\"%s\",\n", name
}
{
    gsub(/\\/, "\\\\")
    gsub(/"/, "\\\"")
    printf "     \"%s\\n\"\n", $0
}
END { print "    },\n};\nconst size_t theme_built_in_count = sizeof theme_built_in / sizeof theme_built_in[0];" }
