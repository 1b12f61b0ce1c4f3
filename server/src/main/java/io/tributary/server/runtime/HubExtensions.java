package io.tributary.server.runtime;

import com.google.errorprone.annotations.CanIgnoreReturnValue;
import io.tributary.core.eventlog.Compactor;
import io.tributary.core.eventlog.Compactors;
import io.tributary.core.eventlog.EventDefinition;
import io.tributary.core.eventlog.EventGroup;
import io.tributary.core.eventlog.EventGroups;
import io.tributary.core.eventlog.EventHandler;
import io.tributary.core.eventlog.Reactivity;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * What an application brings to a hub: events and what is done about them, what is compacted for
 * readers, and who decides what clients may do. Immutable but for its {@link Reactivity}.
 */
public final class HubExtensions {
  /**
   * A compaction of what readers get.
   *
   * @param compactor folds old entries
   * @param olderThan entries made less than this ago pass as they are; not negative
   */
  public record ReadCompaction(Compactor compactor, Duration olderThan) {
    /** Checks the age. */
    public ReadCompaction {
      if (olderThan.isNegative()) {
        throw new IllegalArgumentException("olderThan is negative: " + olderThan);
      }
    }
  }

  private final EventGroups groups;
  private final Reactivity reactivity;
  private final List<ReadCompaction> compactions;
  private final Map<String, HubAuth> auths;
  private final Optional<HubAuth> auth;

  private HubExtensions(Builder builder, EventGroups groups) {
    this.groups = groups;
    this.reactivity = builder.reactivity;
    this.compactions = List.copyOf(builder.compactions);
    this.auths = Map.copyOf(builder.auths);
    this.auth = builder.auth;
  }

  /** Nothing: the hub takes in and passes on. */
  public static HubExtensions none() {
    return builder().build();
  }

  /** Begins some. */
  public static Builder builder() {
    return new Builder();
  }

  /** The events that are known, with their handlers. */
  public EventGroups groups() {
    return groups;
  }

  /** Who is told what was handled, on this node or another. */
  public Reactivity reactivity() {
    return reactivity;
  }

  /** What readers get compacted, in the order it was registered. */
  public List<ReadCompaction> compactions() {
    return compactions;
  }

  /** Deciders that {@code hub.auth} may name. */
  public Map<String, HubAuth> auths() {
    return auths;
  }

  /** The decider, whatever {@code hub.auth} says. */
  public Optional<HubAuth> auth() {
    return auth;
  }

  /** Whether any event has a handler. */
  public boolean handles() {
    return groups.events().stream().anyMatch(event -> event.handler().isPresent());
  }

  /** Collects extensions. Not thread-safe. */
  public static final class Builder {
    private final EventGroups.Builder groups = EventGroups.builder();
    private final List<ReadCompaction> compactions = new ArrayList<>();
    private final Map<String, HubAuth> auths = new LinkedHashMap<>();
    private Reactivity reactivity = new Reactivity();
    private Optional<HubAuth> auth = Optional.empty();

    private Builder() {}

    /** Adds events. */
    @CanIgnoreReturnValue
    public Builder group(EventGroup group) {
      groups.group(group);
      return this;
    }

    /**
     * Says what is done about an event of a group: once for each committed entry, on the processing's
     * event loop, so it must not block.
     *
     * @throws IllegalArgumentException if it has a handler already
     */
    @CanIgnoreReturnValue
    public <P, R> Builder handle(EventDefinition<P> event, EventHandler<P, R> handler) {
      groups.handle(event, handler);
      return this;
    }

    /** Uses a reactivity of the application's own, with what is registered there. */
    @CanIgnoreReturnValue
    public Builder reactivity(Reactivity own) {
      reactivity = own;
      return this;
    }

    /** Registers keys that are invalidated when an entry of an event was handled. */
    @CanIgnoreReturnValue
    public Builder invalidates(String event, Collection<String> keys) {
      reactivity.register(event, keys);
      return this;
    }

    /**
     * Lets readers get old entries folded. Nothing stored changes.
     *
     * @throws IllegalArgumentException if another one has its name or one of its events
     */
    @CanIgnoreReturnValue
    public Builder registerCompaction(Compactor compactor, Duration olderThan) {
      for (ReadCompaction other : compactions) {
        Set<String> both = new HashSet<>(other.compactor.events());
        both.retainAll(compactor.events());
        if (other.compactor.name().equals(compactor.name()) || !both.isEmpty()) {
          throw new IllegalArgumentException("compactions "
              + other.compactor.name()
              + " and "
              + compactor.name()
              + " have the same name or share events: "
              + both);
        }
      }
      compactions.add(new ReadCompaction(compactor, olderThan));
      return this;
    }

    /** The same for all events of a group, with their payloads decoded. */
    @CanIgnoreReturnValue
    public Builder groupCompaction(
        EventGroup group, Duration olderThan, Compactors.GroupEffect effect) {
      return registerCompaction(Compactors.ofGroup(group, effect), olderThan);
    }

    /** The decider, whatever {@code hub.auth} says. */
    @CanIgnoreReturnValue
    public Builder auth(HubAuth decider) {
      auth = Optional.of(decider);
      return this;
    }

    /**
     * A decider that {@code hub.auth} may name.
     *
     * @throws IllegalArgumentException if there is one of that name
     */
    @CanIgnoreReturnValue
    public Builder auth(String name, HubAuth decider) {
      if (Set.of("tenant", "allow-list", "allow-all").contains(name)
          || auths.putIfAbsent(name, decider) != null) {
        throw new IllegalArgumentException("there is a HubAuth named " + name + " already");
      }
      return this;
    }

    /**
     * The extensions.
     *
     * @throws IllegalArgumentException if groups or handlers contradict each other
     */
    public HubExtensions build() {
      return new HubExtensions(this, groups.build());
    }
  }
}
