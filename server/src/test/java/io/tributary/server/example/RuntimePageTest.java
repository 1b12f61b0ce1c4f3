package io.tributary.server.example;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** The code on the page about stores in the clear is the code that is compiled and tested here. */
class RuntimePageTest {
  private static final Pattern JAVA = Pattern.compile("```java\n(.*?)```", Pattern.DOTALL);

  @Test
  void theCodeOnThePageIsThisPackages() throws IOException {
    String page = Files.readString(Path.of("..", "docs", "runtime.md"));
    List<String> snippets = JAVA.matcher(page)
        .results()
        .map((MatchResult match) -> unindented(match.group(1)))
        .toList();
    List<String> sources = new ArrayList<>();
    try (Stream<Path> files =
        Files.list(Path.of("src", "test", "java", "io", "tributary", "server", "example"))) {
      for (Path file : files.toList()) {
        sources.add(unindented(Files.readString(file)));
      }
    }
    assertThat(snippets).isNotEmpty();
    assertThat(snippets)
        .allSatisfy(snippet -> assertThat(sources).anyMatch(source -> source.contains(snippet)));
  }

  private static String unindented(String code) {
    return code.lines().map(line -> line.strip() + "\n").collect(Collectors.joining());
  }
}
