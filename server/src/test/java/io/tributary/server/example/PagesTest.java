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

/** The code on the pages for users is the code that is compiled and tested here. */
class PagesTest {
  private static final Pattern JAVA = Pattern.compile("```java\n(.*?)```", Pattern.DOTALL);

  @Test
  void theCodeOnThePageAboutStoresInTheClearIsThisPackages() throws IOException {
    assertIsHere(snippets(Path.of("..", "docs", "runtime.md")));
  }

  @Test
  void theApplicationInTheReadmeIsThisPackages() throws IOException {
    List<String> snippets = snippets(Path.of("..", "README.md")).stream()
        .filter(snippet -> snippet.contains("SyncVerticle"))
        .toList();
    assertThat(snippets).hasSize(1);
    assertIsHere(snippets);
  }

  @Test
  void theAgentOnThePageAboutStoresIsThisPackages() throws IOException {
    List<String> snippets = snippets(Path.of("..", "docs", "stores.md")).stream()
        .filter(snippet -> snippet.contains("VerticleBase"))
        .toList();
    assertThat(snippets).hasSize(1);
    assertIsHere(snippets);
  }

  private static List<String> snippets(Path page) throws IOException {
    return JAVA.matcher(Files.readString(page))
        .results()
        .map((MatchResult match) -> unindented(match.group(1)))
        .toList();
  }

  private static void assertIsHere(List<String> snippets) throws IOException {
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
