package io.tributary.core.eventlog;

import io.tributary.core.model.Entry;
import io.vertx.core.Future;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * An event as a runtime knows it. Immutable, for any thread.
 *
 * @param <P> its payload
 */
public final class RegisteredEvent<P> {
  private final EventDefinition<P> definition;
  private final EventGroup group;
  private final @Nullable EventHandler<P, ?> handler;

  RegisteredEvent(
      EventDefinition<P> definition, EventGroup group, @Nullable EventHandler<P, ?> handler) {
    this.definition = definition;
    this.group = group;
    this.handler = handler;
  }

  /** What it is. */
  public EventDefinition<P> definition() {
    return definition;
  }

  /** The group that defines it. */
  public EventGroup group() {
    return group;
  }

  /** Its handler, if one is registered. */
  public Optional<EventHandler<P, ?>> handler() {
    return Optional.ofNullable(handler);
  }

  /**
   * Decodes the payloads and calls the handler, on the calling thread. Never throws.
   *
   * @param conflicts entries of this event; those that can't be decoded are left out
   * @return what the handler gives, null included; fails with {@link PayloadException} if the entry's
   *     own payload can't be decoded, with what the handler throws or fails with, and with {@link
   *     IllegalStateException} if there is no handler or it gives no future
   */
  public Future<Object> handle(HandledEntry entry, List<Entry> conflicts) {
    if (handler == null) {
      return Future.failedFuture(new IllegalStateException(definition + " has no handler"));
    }
    try {
      P payload = definition.decode(entry.entry().payload());
      Future<?> result = handler.handle(payload, entry, decoded(conflicts));
      return result == null
          ? Future.failedFuture(new IllegalStateException("the handler gave no future"))
          : result.map(value -> value);
    } catch (Exception | LinkageError | AssertionError | StackOverflowError e) {
      return Future.failedFuture(e);
    }
  }

  private List<Conflict<P>> decoded(List<Entry> entries) {
    List<Conflict<P>> conflicts = new ArrayList<>(entries.size());
    for (Entry entry : entries) {
      try {
        conflicts.add(new Conflict<>(entry, definition.decode(entry.payload())));
      } catch (PayloadException e) {
        // It has failed, or will, on its own account: that is no reason for this one to.
      }
    }
    return List.copyOf(conflicts);
  }
}
