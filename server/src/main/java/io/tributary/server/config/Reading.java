package io.tributary.server.config;

import com.google.errorprone.annotations.CanIgnoreReturnValue;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** One pass over a configuration: what it needs, and what it found wrong. */
final class Reading {
  private final List<String> problems = new ArrayList<>();
  private final Secrets secrets;

  Reading(Secrets secrets) {
    this.secrets = secrets;
  }

  Secrets secrets() {
    return secrets;
  }

  List<String> problems() {
    return problems;
  }

  void problem(String text) {
    problems.add(text);
  }

  /** Always empty. */
  @CanIgnoreReturnValue
  <T> Optional<T> refuse(String key, Value value, String allowed) {
    return refuse(key, value.found(), value.origin(), allowed);
  }

  /** Always empty. */
  @CanIgnoreReturnValue
  <T> Optional<T> refuse(String key, String found, String origin, String allowed) {
    problems.add(key + ": found " + found + " (" + origin + "), allowed: " + allowed);
    return Optional.empty();
  }
}
