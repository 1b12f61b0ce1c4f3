package io.tributary.client.eventlog;

import com.google.errorprone.annotations.CanIgnoreReturnValue;
import io.tributary.client.audit.AuditSink;
import io.tributary.core.conflict.ConflictPolicies;
import io.tributary.core.conflict.ConflictPolicy;
import io.tributary.core.crypto.Identity;
import io.tributary.core.eventlog.Compactor;
import io.tributary.core.eventlog.EventDefinition;
import io.tributary.core.eventlog.EventGroup;
import io.tributary.core.eventlog.EventGroups;
import io.tributary.core.eventlog.EventHandler;
import io.tributary.core.model.EntryIdGenerator;
import java.security.SecureRandom;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * What an event log is made of.
 *
 * @param name for people, status and the event bus; not empty
 * @param identity whose entries these are
 * @param groups the events it knows, with their handlers
 * @param policy decides about conflicts; not asked for groups that are append-only
 * @param compactors fold what comes from remotes before it is handled; each event at most in one
 * @param redactions what leaves for remotes, by the names of event groups
 * @param reactivity the keys that an event's handling invalidates, by its tag
 * @param audit is told of conflicts and compactions
 * @param auditEntries whether it gets the entries in conflict too, as far as redactions let them leave
 * @param clock tells the time
 * @param ids makes the ids of local writes
 * @param random raises an id above one that stands
 * @param maxWaitingWrites how many local writes may wait, at least 1
 * @param maxWaitingBytes how many bytes of them, at least 1; one write alone may exceed it
 * @param maxPayload bytes a local write's payload may have
 */
public record EventLogOptions(
    String name,
    Identity identity,
    EventGroups groups,
    ConflictPolicy policy,
    List<Compactor> compactors,
    Map<String, Redaction> redactions,
    Map<String, Set<String>> reactivity,
    AuditSink audit,
    boolean auditEntries,
    InstantSource clock,
    EntryIdGenerator ids,
    RandomGenerator random,
    int maxWaitingWrites,
    long maxWaitingBytes,
    int maxPayload) {
  private static final int WAITING_WRITES = 10_000;
  private static final long WAITING_BYTES = 64L << 20;
  private static final int PAYLOAD = 64 << 20;

  /** Checks them. */
  public EventLogOptions {
    if (name.isEmpty()) {
      throw new IllegalArgumentException("name: found nothing, allowed is any other text");
    }
    atLeastOne("maxWaitingWrites", maxWaitingWrites);
    atLeastOne("maxWaitingBytes", maxWaitingBytes);
    atLeastOne("maxPayload", maxPayload);
    compactors = List.copyOf(compactors);
    redactions = Map.copyOf(redactions);
    Map<String, Set<String>> keys = new LinkedHashMap<>();
    reactivity.forEach((event, its) -> keys.put(event, Set.copyOf(its)));
    reactivity = Map.copyOf(keys);
    Set<String> folded = new HashSet<>();
    for (Compactor compactor : compactors) {
      for (String event : compactor.events()) {
        if (!folded.add(event)) {
          throw new IllegalArgumentException("compactors: two of them take " + event);
        }
      }
    }
    for (String group : redactions.keySet()) {
      if (groups.groups().stream().noneMatch(known -> known.name().equals(group))) {
        throw new IllegalArgumentException(
            "redactions: found " + group + ", which is no event group of this event log");
      }
    }
  }

  private static void atLeastOne(String field, long value) {
    if (value < 1) {
      throw new IllegalArgumentException(field + ": found " + value + ", allowed is 1 or more");
    }
  }

  /** Begins options with the name {@code main}, a policy that lets the last write win, no events. */
  public static Builder builder(Identity identity) {
    return new Builder(identity);
  }

  /** Collects options. Not thread-safe. */
  public static final class Builder {
    private final Identity identity;
    private final EventGroups.Builder groups = EventGroups.builder();
    private final List<Compactor> compactors = new ArrayList<>();
    private final Map<String, Redaction> redactions = new LinkedHashMap<>();
    private final Map<String, Set<String>> reactivity = new LinkedHashMap<>();
    private String name = "main";
    private ConflictPolicy policy = ConflictPolicies.lastWriteWins();
    private AuditSink audit = AuditSink.NONE;
    private boolean auditEntries;
    private InstantSource clock = InstantSource.system();
    private @Nullable EntryIdGenerator ids;
    private RandomGenerator random = new SecureRandom();
    private int maxWaitingWrites = WAITING_WRITES;
    private long maxWaitingBytes = WAITING_BYTES;
    private int maxPayload = PAYLOAD;

    private Builder(Identity identity) {
      this.identity = identity;
    }

    /** Names it. */
    @CanIgnoreReturnValue
    public Builder name(String name) {
      this.name = name;
      return this;
    }

    /** Adds a group of events. */
    @CanIgnoreReturnValue
    public Builder group(EventGroup group) {
      groups.group(group);
      return this;
    }

    /** Says what is done about an event; see {@link EventGroups.Builder#handle}. */
    @CanIgnoreReturnValue
    public <P, R> Builder handle(EventDefinition<P> event, EventHandler<P, R> handler) {
      groups.handle(event, handler);
      return this;
    }

    /** Decides about conflicts with this policy. */
    @CanIgnoreReturnValue
    public Builder policy(ConflictPolicy policy) {
      this.policy = policy;
      return this;
    }

    /** Folds what comes from remotes before it is handled. */
    @CanIgnoreReturnValue
    public Builder registerCompaction(Compactor compactor) {
      compactors.add(compactor);
      return this;
    }

    /** Says what of a group's entries leaves for remotes. */
    @CanIgnoreReturnValue
    public Builder redact(EventGroup group, Redaction redaction) {
      redactions.put(group.name(), redaction);
      return this;
    }

    /** Adds keys that an event's handling invalidates. */
    @CanIgnoreReturnValue
    public Builder registerReactivity(String event, Collection<String> keys) {
      reactivity.computeIfAbsent(event, tag -> new HashSet<>()).addAll(keys);
      return this;
    }

    /** Tells this of conflicts and compactions. */
    @CanIgnoreReturnValue
    public Builder audit(AuditSink audit) {
      this.audit = audit;
      return this;
    }

    /** Whether the audit gets the entries in conflict too, as far as redactions let them leave. */
    @CanIgnoreReturnValue
    public Builder auditEntries(boolean auditEntries) {
      this.auditEntries = auditEntries;
      return this;
    }

    /** Takes the time from this clock. */
    @CanIgnoreReturnValue
    public Builder clock(InstantSource clock) {
      this.clock = clock;
      return this;
    }

    /** Takes ids from this generator, rather than from one of its own on the clock. */
    @CanIgnoreReturnValue
    public Builder ids(EntryIdGenerator ids) {
      this.ids = ids;
      return this;
    }

    /** Takes chance from this source, for runs that must repeat exactly. */
    @CanIgnoreReturnValue
    public Builder random(RandomGenerator random) {
      this.random = random;
      return this;
    }

    /** Bounds what waits to be written. */
    @CanIgnoreReturnValue
    public Builder maxWaiting(int writes, long bytes) {
      maxWaitingWrites = writes;
      maxWaitingBytes = bytes;
      return this;
    }

    /** Bounds the payload of a local write. */
    @CanIgnoreReturnValue
    public Builder maxPayload(int bytes) {
      maxPayload = bytes;
      return this;
    }

    /**
     * The options.
     *
     * @throws IllegalArgumentException naming what is wrong
     */
    public EventLogOptions build() {
      return new EventLogOptions(
          name,
          identity,
          groups.build(),
          policy,
          compactors,
          redactions,
          reactivity,
          audit,
          auditEntries,
          clock,
          ids == null ? new EntryIdGenerator(clock, random) : ids,
          random,
          maxWaitingWrites,
          maxWaitingBytes,
          maxPayload);
    }
  }
}
