package io.tributary.core.eventlog;

import com.google.errorprone.annotations.CanIgnoreReturnValue;
import io.tributary.core.model.Entry;
import io.vertx.core.Future;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Who wants to know when something was handled. Keys are names that an application gives to what it
 * shows or caches; events are registered to keys, and handling one invalidates {@code {key:
 * [primaryKey]}} for each of its event's keys.
 *
 * <p>Safe for use by several threads. Listeners and suppliers are called on the thread that
 * invalidates (or, for a query that was running meanwhile, on the one that completed it), outside any
 * lock; they must not block. One that throws is logged and costs only itself.
 */
public final class Reactivity {
  private static final Logger LOG = LoggerFactory.getLogger(Reactivity.class);

  /** Is told of invalidations. */
  @FunctionalInterface
  public interface Listener {
    /**
     * Something was handled.
     *
     * @param invalidated of the keys it subscribed to, those concerned, with the primary keys
     *     concerned; an empty set means any
     */
    void invalidated(Map<String, Set<String>> invalidated);
  }

  /** Takes the results of a query. */
  public interface Results<T> {
    /** A result; the one before is out of date. */
    void next(T result);

    /** A run of the supplier failed; it runs again on the next invalidation. */
    void failed(Throwable cause);
  }

  /** What ends when it is closed. Closing twice does nothing; a call under way still ends. */
  public interface Subscription extends AutoCloseable {
    @Override
    void close();
  }

  private final Object lock = new Object();
  // Both are replaced as a whole, so that readers need no lock.
  private volatile Map<String, Set<String>> keysByEvent = Map.of();
  private volatile Map<String, List<Subscriber>> subscribers = Map.of();

  /** One without registrations. */
  public Reactivity() {}

  /** Adds keys to an event. */
  public void register(String event, Collection<String> keys) {
    register(Map.of(event, keys));
  }

  /** Adds keys to events, by their tags. */
  public void register(Map<String, ? extends Collection<String>> keysOfEvents) {
    synchronized (lock) {
      Map<String, Set<String>> all = new LinkedHashMap<>(keysByEvent);
      keysOfEvents.forEach((event, keys) -> {
        Set<String> merged = new LinkedHashSet<>(all.getOrDefault(event, Set.of()));
        merged.addAll(keys);
        all.put(event, merged);
      });
      keysByEvent = all;
    }
  }

  /** All keys that events are registered to. */
  public Set<String> keys() {
    Set<String> all = new LinkedHashSet<>();
    keysByEvent.values().forEach(all::addAll);
    return all;
  }

  /** What is invalidated by handling these entries: primary keys by key, in the order of entries. */
  public Map<String, Set<String>> invalidations(Iterable<Entry> handled) {
    Map<String, Set<String>> all = keysByEvent;
    Map<String, Set<String>> invalidated = new LinkedHashMap<>();
    for (Entry entry : handled) {
      for (String key : all.getOrDefault(entry.event(), Set.of())) {
        invalidated.computeIfAbsent(key, k -> new LinkedHashSet<>()).add(entry.primaryKey());
      }
    }
    return invalidated;
  }

  /** Subscribes to a key, whatever the primary key. */
  @CanIgnoreReturnValue
  public Subscription subscribe(String key, Listener listener) {
    return subscribe(Map.of(key, Set.of()), listener);
  }

  /** Subscribes to one primary key of a key. */
  @CanIgnoreReturnValue
  public Subscription subscribe(String key, String primaryKey, Listener listener) {
    return subscribe(Map.of(key, Set.of(primaryKey)), listener);
  }

  /**
   * Subscribes to keys. One invalidation is told once, however many of them it concerns.
   *
   * @param keys with the primary keys that matter; an empty set for all
   */
  @CanIgnoreReturnValue
  public Subscription subscribe(Map<String, Set<String>> keys, Listener listener) {
    Map<String, Set<String>> wanted = new LinkedHashMap<>();
    keys.forEach((key, primaryKeys) -> wanted.put(key, Set.copyOf(primaryKeys)));
    Subscriber subscriber = new Subscriber(wanted, listener);
    change(subscriber, true);
    return () -> {
      subscriber.closed = true;
      change(subscriber, false);
    };
  }

  /**
   * Tells the subscribers, on this thread.
   *
   * @param keys with the primary keys concerned; an empty collection means any
   */
  public void invalidate(Map<String, ? extends Collection<String>> keys) {
    Map<String, List<Subscriber>> all = subscribers;
    Set<Subscriber> concerned = new LinkedHashSet<>();
    keys.keySet().forEach(key -> concerned.addAll(all.getOrDefault(key, List.of())));
    for (Subscriber subscriber : concerned) {
      Map<String, Set<String>> matching = subscriber.matching(keys);
      if (!matching.isEmpty() && !subscriber.closed) {
        guarded(() -> subscriber.listener.invalidated(matching));
      }
    }
  }

  /** As {@link #query(Map, Supplier, Results)}, whatever the primary keys. */
  @CanIgnoreReturnValue
  public <T> Subscription query(
      Collection<String> keys, Supplier<Future<T>> supplier, Results<T> results) {
    Map<String, Set<String>> all = new LinkedHashMap<>();
    keys.forEach(key -> all.put(key, Set.of()));
    return query(all, supplier, results);
  }

  /**
   * Runs {@code supplier} at once, on this thread, and again on every invalidation of {@code keys}.
   * One run at a time: however many invalidations come meanwhile, they cause one more.
   *
   * @param keys with the primary keys that matter; an empty set for all
   * @param results is told of each run's result, in order, one at a time; not after the subscription
   *     is closed, unless a call is under way
   */
  @CanIgnoreReturnValue
  public <T> Subscription query(
      Map<String, Set<String>> keys, Supplier<Future<T>> supplier, Results<T> results) {
    Query<T> query = new Query<>(supplier, results);
    // Subscribed before the first run: what happens during it is not missed.
    Subscription subscription = subscribe(keys, invalidated -> query.invalidated());
    query.invalidated();
    return () -> {
      subscription.close();
      query.close();
    };
  }

  private void change(Subscriber subscriber, boolean add) {
    synchronized (lock) {
      Map<String, List<Subscriber>> all = new LinkedHashMap<>(subscribers);
      for (String key : subscriber.wanted.keySet()) {
        List<Subscriber> changed = new ArrayList<>(all.getOrDefault(key, List.of()));
        changed.remove(subscriber);
        if (add) {
          changed.add(subscriber);
        }
        if (changed.isEmpty()) {
          all.remove(key);
        } else {
          all.put(key, changed);
        }
      }
      subscribers = all;
    }
  }

  // A listener of an application may throw anything; whoever invalidates must live on.
  @SuppressWarnings("CatchAndPrintStackTrace")
  private static void guarded(Runnable call) {
    try {
      call.run();
    } catch (RuntimeException | LinkageError | AssertionError | StackOverflowError e) {
      LOG.warn("a listener for invalidations failed", e);
    }
  }

  private static final class Subscriber {
    final Map<String, Set<String>> wanted;
    final Listener listener;
    volatile boolean closed;

    Subscriber(Map<String, Set<String>> wanted, Listener listener) {
      this.wanted = wanted;
      this.listener = listener;
    }

    Map<String, Set<String>> matching(Map<String, ? extends Collection<String>> keys) {
      Map<String, Set<String>> matching = new LinkedHashMap<>();
      keys.forEach((key, primaryKeys) -> {
        Set<String> mine = wanted.get(key);
        if (mine == null) {
          return;
        }
        if (mine.isEmpty() || primaryKeys.isEmpty()) {
          matching.put(key, Set.copyOf(primaryKeys));
        } else {
          Set<String> both = new LinkedHashSet<>(primaryKeys);
          both.retainAll(mine);
          if (!both.isEmpty()) {
            matching.put(key, both);
          }
        }
      });
      return matching;
    }
  }

  private static final class Query<T> {
    private final Supplier<Future<T>> supplier;
    private final Results<T> results;
    // Guarded by this.
    private boolean running;
    private boolean stale;
    private boolean closed;

    Query(Supplier<Future<T>> supplier, Results<T> results) {
      this.supplier = supplier;
      this.results = results;
    }

    void invalidated() {
      synchronized (this) {
        if (closed) {
          return;
        }
        stale = true;
        if (running) {
          return;
        }
        running = true;
        stale = false;
      }
      run();
    }

    synchronized void close() {
      closed = true;
    }

    private synchronized boolean isClosed() {
      return closed;
    }

    private void run() {
      Future<T> result = null;
      @Nullable Throwable thrown = null;
      try {
        result = supplier.get();
      } catch (RuntimeException | LinkageError | AssertionError | StackOverflowError e) {
        thrown = e;
      }
      if (result == null) {
        ended(Future.failedFuture(
            thrown == null ? new IllegalStateException("the supplier gave no future") : thrown));
      } else {
        Future<T> running = result;
        running.onComplete(done -> ended(running));
      }
    }

    private void ended(Future<T> result) {
      if (!isClosed()) {
        guarded(() -> {
          if (result.succeeded()) {
            results.next(result.result());
          } else {
            results.failed(result.cause());
          }
        });
      }
      synchronized (this) {
        if (!stale || closed) {
          running = false;
          return;
        }
        stale = false;
      }
      run();
    }
  }
}
