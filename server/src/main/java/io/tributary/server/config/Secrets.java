package io.tributary.server.config;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/** Follows {@code file:/path} and {@code env:NAME}. */
final class Secrets {
  private static final long MAX_BYTES = 64 << 10;

  private final Map<String, String> environment;

  Secrets(Map<String, String> environment) {
    this.environment = environment;
  }

  /**
   * The secret that {@code text} is or points at; never empty.
   *
   * @throws ConfigException if there is none; the message has no secret in it, and no key
   */
  String resolve(String text) {
    if (text.startsWith("env:")) {
      String name = text.substring("env:".length());
      String value = environment.get(name);
      if (value == null || value.isEmpty()) {
        throw refused(
            "found env:" + name + ", but " + name + (value == null ? " is not set" : " is empty"));
      }
      return value;
    }
    if (text.startsWith("file:")) {
      // file:///run/secrets/x is as good as file:/run/secrets/x
      String name = text.substring("file:".length()).replaceFirst("^//+", "/");
      try {
        Path file = Path.of(name);
        if (Files.size(file) > MAX_BYTES) {
          throw refused("found file:" + name + ", but that file is larger than 64 KiB");
        }
        String value = Files.readString(file).strip();
        if (value.isEmpty()) {
          throw refused("found file:" + name + ", but that file is empty");
        }
        return value;
      } catch (IOException | InvalidPathException e) {
        throw refused("found file:" + name + ", but that file cannot be read: " + Reasons.of(e));
      }
    }
    if (text.isEmpty()) {
      throw refused("found an empty text");
    }
    return text;
  }

  private static ConfigException refused(String problem) {
    return new ConfigException(List.of(problem));
  }
}
