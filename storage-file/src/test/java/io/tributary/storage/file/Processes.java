package io.tributary.storage.file;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Other processes for tests. */
final class Processes {
  private Processes() {}

  /** A Java process with this one's class path, after what {@code prefix} says. */
  static Process java(List<String> prefix, Class<?> main, String... args) throws Exception {
    List<String> command = new ArrayList<>(prefix);
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.add("--enable-native-access=ALL-UNNAMED");
    command.add("-cp");
    command.add(System.getProperty("java.class.path"));
    command.add(main.getName());
    command.addAll(List.of(args));
    return new ProcessBuilder(command)
        .redirectError(ProcessBuilder.Redirect.INHERIT)
        .start();
  }

  /** The exit code of a command whose output nobody wants; -1 if there is no such command. */
  static int run(String... command) throws InterruptedException {
    try {
      return new ProcessBuilder(command)
          .redirectErrorStream(true)
          .redirectOutput(ProcessBuilder.Redirect.DISCARD)
          .start()
          .waitFor();
    } catch (java.io.IOException e) {
      return -1;
    }
  }
}
