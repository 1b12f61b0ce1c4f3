package io.tributary.server.it;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Assumptions;
import org.opentest4j.TestAbortedException;

/**
 * Node 20 or newer and the packages of {@code src/test/npm}, installed there once. Where they can't be had, tests that
 * ask for them are skipped and say so on stdout.
 */
final class NodeEnvironment {
  private static final int OLDEST_NODE = 20;
  private static final Path DIRECTORY = moduleDirectory().resolve(Path.of("src", "test", "npm"));

  private static final class Holder {
    static final String REASON = prepare();
  }

  private NodeEnvironment() {}

  /** The directory of this Maven module, wherever the test JVM was started. */
  static Path moduleDirectory() {
    return Path.of(System.getProperty("basedir", ".")).toAbsolutePath().normalize();
  }

  /**
   * The command line of a script of {@code src/test/npm}.
   *
   * @throws TestAbortedException if Node or the packages can't be had
   */
  static ProcessBuilder script(String name, String... arguments) {
    require();
    List<String> command = new ArrayList<>(List.of("node", name));
    command.addAll(List.of(arguments));
    return new ProcessBuilder(command).directory(DIRECTORY.toFile());
  }

  /** Skips the calling test if Node or the packages can't be had. */
  static void require() {
    Assumptions.assumeTrue(Holder.REASON.isEmpty(), Holder.REASON);
  }

  /** Why there are no Node tests; empty if there are. */
  private static String prepare() {
    String reason;
    try {
      reason = install();
    } catch (IOException e) {
      reason = e.toString();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      reason = "interrupted";
    }
    if (!reason.isEmpty()) {
      System.out.println("NODE TESTS SKIPPED: " + reason);
    }
    return reason;
  }

  private static String install() throws IOException, InterruptedException {
    Outcome node = run(30, "node", "--version");
    Matcher version = Pattern.compile("v(\\d+)\\.").matcher(node.output());
    if (node.exitCode() != 0
        || !version.lookingAt()
        || Integer.parseInt(version.group(1)) < OLDEST_NODE) {
      return "node " + OLDEST_NODE + " or newer is needed, found: " + node.output();
    }
    Path stamp = DIRECTORY.resolve(Path.of("node_modules", ".installed-lock.json"));
    Path lock = DIRECTORY.resolve("package-lock.json");
    if (Files.exists(stamp) && Files.mismatch(stamp, lock) < 0) {
      return "";
    }
    Outcome npm = run(300, "npm", "ci");
    if (npm.exitCode() != 0) {
      return "npm ci failed: " + npm.output().lines().limit(12).collect(Collectors.joining("\n  "));
    }
    Files.copy(lock, stamp);
    return "";
  }

  private record Outcome(int exitCode, String output) {}

  private static Outcome run(int timeoutSeconds, String... command)
      throws IOException, InterruptedException {
    Path output = Files.createTempFile("tributary-node", ".log");
    try {
      Process process = new ProcessBuilder(command)
          .directory(DIRECTORY.toFile())
          .redirectErrorStream(true)
          .redirectOutput(output.toFile())
          .start();
      if (!process.waitFor(timeoutSeconds, TimeUnit.SECONDS)) {
        process.destroyForcibly();
        return new Outcome(-1, String.join(" ", command) + " took over " + timeoutSeconds + " s");
      }
      return new Outcome(process.exitValue(), Files.readString(output).strip());
    } finally {
      Files.delete(output);
    }
  }
}
