package io.tributary.core.conflict;

import io.tributary.core.eventlog.EventDefinition;
import io.tributary.core.eventlog.PayloadException;
import io.tributary.core.model.Entry;
import java.util.function.BinaryOperator;

/**
 * Merges what an event's codec decodes. What it can't decode must not stand in the way of what it can,
 * or the first to arrive would decide: it gives way, and among its like the greatest id stands.
 */
final class TypedMerger<P> implements Merging.Merger {
  private final EventDefinition<P> event;
  private final BinaryOperator<P> merge;

  TypedMerger(EventDefinition<P> event, BinaryOperator<P> merge) {
    this.event = event;
    this.merge = merge;
  }

  @Override
  public Resolution resolve(Entry entry, Entry winner) {
    P incoming;
    try {
      incoming = event.decode(entry.payload());
    } catch (PayloadException e) {
      if (entry.id().compareTo(winner.id()) > 0 && !isPayload(winner)) {
        return new Resolution.Accept();
      }
      throw e;
    }
    P standing;
    try {
      standing = event.decode(winner.payload());
    } catch (PayloadException e) {
      return new Resolution.Accept();
    }
    P merged = merge.apply(standing, incoming);
    if (merged == null) {
      throw new IllegalStateException("the merge function of " + event + " gave null");
    }
    return new Resolution.Merge(event.encode(merged));
  }

  private boolean isPayload(Entry entry) {
    try {
      Object payload = event.decode(entry.payload());
      return payload != null;
    } catch (PayloadException e) {
      return false;
    }
  }
}
