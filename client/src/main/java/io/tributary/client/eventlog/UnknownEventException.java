package io.tributary.client.eventlog;

import java.util.Collection;
import java.util.stream.Collectors;

/** No event group of the event log defines the event that was to be written. */
public final class UnknownEventException extends RuntimeException {
  private static final int SHOWN = 20;

  UnknownEventException(String found, Collection<String> allowed) {
    super("event: found " + found + ", allowed are "
        + allowed.stream().limit(SHOWN).collect(Collectors.joining(", "))
        + (allowed.size() > SHOWN ? " and " + (allowed.size() - SHOWN) + " more" : ""));
  }
}
