package io.tributary.server.it;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** The fat jar, run to its end. */
final class Jar {
  private static final int PATIENCE_SECONDS = 60;

  /** What became of it. */
  record Result(int exitCode, String out, String err) {}

  private Jar() {}

  /** Runs a verb; one that doesn't end by itself is killed, and fails. */
  static Result run(String... arguments) {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    // They live for a second: no time to gain from compiling well.
    command.addAll(List.of("-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC"));
    command.addAll(List.of("-jar", HubProcess.jar().toString()));
    command.addAll(List.of(arguments));
    try {
      Path out = Files.createTempFile("tributary-it", ".out");
      Path err = Files.createTempFile("tributary-it", ".err");
      try {
        Process process = new ProcessBuilder(command)
            .redirectOutput(out.toFile())
            .redirectError(err.toFile())
            .start();
        boolean ended = process.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS);
        if (!ended) {
          process.destroyForcibly().waitFor();
        }
        Result result =
            new Result(process.exitValue(), Files.readString(out), Files.readString(err));
        if (!ended) {
          throw new AssertionError("still running after " + PATIENCE_SECONDS + " s: " + result);
        }
        return result;
      } finally {
        Files.delete(out);
        Files.delete(err);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted", e);
    }
  }
}
