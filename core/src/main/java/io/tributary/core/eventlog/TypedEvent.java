package io.tributary.core.eventlog;

import io.tributary.core.model.Entry;
import java.util.Optional;

/**
 * An entry with its payload decoded.
 *
 * @param definition what kind of event it is
 * @param entry the entry
 * @param payload its payload
 */
public record TypedEvent<P>(EventDefinition<P> definition, Entry entry, P payload) {
  /** Its payload as one of {@code event}; empty if it is of another kind. */
  // The definitions are the same, and so are their payloads.
  @SuppressWarnings("unchecked")
  public <T> Optional<T> payloadOf(EventDefinition<T> event) {
    return event == definition ? Optional.of((T) payload) : Optional.empty();
  }

  static <P> TypedEvent<P> of(EventDefinition<P> definition, Entry entry) {
    return new TypedEvent<>(definition, entry, definition.decode(entry.payload()));
  }
}
