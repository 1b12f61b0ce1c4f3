package io.tributary.server.config;

import java.util.List;

/** A configuration that nothing may start with. */
public final class ConfigException extends RuntimeException {
  private final List<String> problems;

  /** @param problems every problem, each naming the key, what was found and what is allowed */
  public ConfigException(List<String> problems) {
    super(String.join("\n", problems));
    this.problems = List.copyOf(problems);
  }

  /** Every problem, one line each. */
  public List<String> problems() {
    return problems;
  }
}
