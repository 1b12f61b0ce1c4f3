package io.tributary.core.eventlog;

import com.google.errorprone.annotations.CanIgnoreReturnValue;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** All events a runtime knows, with their handlers. Immutable, for any thread. */
public final class EventGroups {
  private final List<EventGroup> groups;
  private final Map<String, RegisteredEvent<?>> events;

  private EventGroups(List<EventGroup> groups, Map<String, RegisteredEvent<?>> events) {
    this.groups = groups;
    this.events = events;
  }

  /** One that knows nothing. */
  public static EventGroups none() {
    return builder().build();
  }

  /** Begins a collection. */
  public static Builder builder() {
    return new Builder();
  }

  /** The groups, in the order they were added. */
  public List<EventGroup> groups() {
    return groups;
  }

  /** The event with that tag, if a group defines it. */
  public Optional<RegisteredEvent<?>> find(String tag) {
    return Optional.ofNullable(events.get(tag));
  }

  /** All events, in the order they were added. */
  public Collection<RegisteredEvent<?>> events() {
    return events.values();
  }

  /** Collects groups and handlers, in any order. Not thread-safe. */
  public static final class Builder {
    private final List<EventGroup> groups = new ArrayList<>();
    private final Map<EventDefinition<?>, EventHandler<?, ?>> handlers = new LinkedHashMap<>();

    private Builder() {}

    /** Adds a group. */
    @CanIgnoreReturnValue
    public Builder group(EventGroup group) {
      groups.add(group);
      return this;
    }

    /**
     * Says what is done about an event. One without a handler may be written and is passed on.
     *
     * @throws IllegalArgumentException if it has a handler already
     */
    @CanIgnoreReturnValue
    public <P, R> Builder handle(EventDefinition<P> event, EventHandler<P, R> handler) {
      if (handlers.putIfAbsent(event, handler) != null) {
        throw new IllegalArgumentException(event + " has two handlers");
      }
      return this;
    }

    /**
     * The collection.
     *
     * @throws IllegalArgumentException if two groups have one name or define one tag, or there is a
     *     handler for an event that no group defines
     */
    public EventGroups build() {
      Map<String, EventGroup> names = new HashMap<>();
      Map<String, RegisteredEvent<?>> events = new LinkedHashMap<>();
      Map<EventDefinition<?>, EventHandler<?, ?>> unclaimed = new LinkedHashMap<>(handlers);
      for (EventGroup group : groups) {
        if (names.putIfAbsent(group.name(), group) != null) {
          throw new IllegalArgumentException("two event groups are named " + group.name());
        }
        for (EventDefinition<?> event : group.events()) {
          RegisteredEvent<?> other = events.get(event.tag());
          if (other != null) {
            throw new IllegalArgumentException(
                event + " is defined by " + other.group() + " and by " + group);
          }
          events.put(event.tag(), registered(event, group, unclaimed.remove(event)));
        }
      }
      for (EventDefinition<?> event : unclaimed.keySet()) {
        throw new IllegalArgumentException("there is a handler for "
            + event
            + (events.containsKey(event.tag())
                ? ", but the groups define another event of that tag"
                : ", which no group defines"));
      }
      return new EventGroups(List.copyOf(groups), Collections.unmodifiableMap(events));
    }

    // handle() took the two together.
    @SuppressWarnings("unchecked")
    private static <P> RegisteredEvent<P> registered(
        EventDefinition<P> event, EventGroup group, @Nullable EventHandler<?, ?> handler) {
      return new RegisteredEvent<>(event, group, (EventHandler<P, ?>) handler);
    }
  }
}
