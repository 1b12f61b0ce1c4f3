package io.tributary.client.options;

import java.util.List;

/** Options that cannot be: each problem names the key, what was found, and what is allowed. */
public final class OptionsException extends IllegalArgumentException {
  private static final long serialVersionUID = 1L;

  private final transient List<String> problems;

  /** @param problems at least one */
  public OptionsException(List<String> problems) {
    super(String.join("; ", problems));
    this.problems = List.copyOf(problems);
  }

  /** What is wrong, one line each. */
  public List<String> problems() {
    return problems;
  }
}
