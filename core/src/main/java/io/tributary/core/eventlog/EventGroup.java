package io.tributary.core.eventlog;

import com.google.errorprone.annotations.CanIgnoreReturnValue;
import java.util.Collection;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;

/**
 * Events that belong together. Says nothing of what is done with them, so that a hub and its replicas
 * share one definition. Immutable, for any thread.
 */
public final class EventGroup {
  private final String name;
  private final boolean appendOnly;
  private final Map<String, EventDefinition<?>> events;

  private EventGroup(Builder builder) {
    name = builder.name;
    appendOnly = builder.appendOnly;
    events = Collections.unmodifiableMap(new LinkedHashMap<>(builder.events));
  }

  /**
   * Begins a group.
   *
   * @param name not empty
   */
  public static Builder named(String name) {
    return new Builder(name);
  }

  /** Its name. */
  public String name() {
    return name;
  }

  /**
   * Whether its entries never conflict (chat, audit): no policy is asked, and handlers are given no
   * conflicts.
   */
  public boolean appendOnly() {
    return appendOnly;
  }

  /** Its events, in the order they were defined. */
  public Collection<EventDefinition<?>> events() {
    return events.values();
  }

  /** The event with that tag, if it has one. */
  public Optional<EventDefinition<?>> event(String tag) {
    return Optional.ofNullable(events.get(tag));
  }

  /** For people: the name. */
  @Override
  public String toString() {
    return "event group " + name;
  }

  /** Collects a group's events. Not thread-safe. */
  public static final class Builder {
    private final String name;
    private final Map<String, EventDefinition<?>> events = new LinkedHashMap<>();
    private boolean appendOnly;

    private Builder(String name) {
      if (name.isEmpty()) {
        throw new IllegalArgumentException("an event group's name is not empty");
      }
      this.name = name;
    }

    /**
     * Adds an event.
     *
     * @throws IllegalArgumentException if the group has one with its tag
     */
    @CanIgnoreReturnValue
    public Builder event(EventDefinition<?> event) {
      if (events.putIfAbsent(event.tag(), event) != null) {
        throw new IllegalArgumentException(
            "event group " + name + " defines " + event.tag() + " twice");
      }
      return this;
    }

    /**
     * Adds an event, as {@link EventDefinition#of} makes it.
     *
     * @throws IllegalArgumentException if the tag is empty, or the group has one with it
     */
    @CanIgnoreReturnValue
    public <P> Builder event(String tag, PayloadCodec<P> codec, Function<P, String> primaryKey) {
      return event(EventDefinition.of(tag, codec, primaryKey));
    }

    /** Says that its entries never conflict; see {@link EventGroup#appendOnly()}. */
    @CanIgnoreReturnValue
    public Builder appendOnly() {
      appendOnly = true;
      return this;
    }

    /**
     * The group.
     *
     * @throws IllegalArgumentException if it has no events
     */
    public EventGroup build() {
      if (events.isEmpty()) {
        throw new IllegalArgumentException("event group " + name + " has no events");
      }
      return new EventGroup(this);
    }
  }
}
