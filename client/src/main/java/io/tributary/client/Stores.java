package io.tributary.client;

import static java.util.Objects.requireNonNull;

import io.tributary.client.eventlog.Runner;
import io.tributary.client.eventlog.Steps;
import io.tributary.client.identity.IdentityBundle;
import io.tributary.client.options.OptionsException;
import io.tributary.client.options.OptionsReader;
import io.tributary.client.stores.CleanupReport;
import io.tributary.client.stores.StoresOptions;
import io.tributary.client.stores.artifact.ArtifactStore;
import io.tributary.client.stores.audit.AuditEventStore;
import io.tributary.client.stores.chat.ChatHistoryStore;
import io.tributary.client.stores.cleanup.CleanupSchedule;
import io.tributary.client.stores.index.SessionIndexStore;
import io.tributary.client.stores.view.Journaled;
import io.tributary.client.stores.view.Place;
import io.tributary.client.stores.view.Space;
import io.tributary.storage.Storage;
import io.vertx.core.Future;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The open stores of a replica ({@link Replica#stores}), or plain ones ({@link
 * Tributary#plainStores}). For any thread.
 */
public final class Stores {
  private static final String SESSIONS = "sessions";

  private final Home home;
  private final SessionIndexStore sessions;
  private @Nullable ChatHistoryStore chat;
  private @Nullable ArtifactStore artifacts;
  private @Nullable AuditEventStore audit;
  private volatile @Nullable CleanupSchedule schedule;

  /** Guarded by this. */
  private @Nullable Future<Void> closing;

  /**
   * What stores are made of.
   *
   * @param prefix of the names of their spaces
   */
  record Home(
      Runner runner,
      Storage storage,
      String prefix,
      StoresOptions options,
      InstantSource clock,
      AuditRelay audit) {
    Place place(String name) {
      return new Place(Space.of(storage.keyValues(), prefix + name, runner), clock, audit);
    }
  }

  private Stores(Home home) {
    this.home = home;
    this.sessions = SessionIndexStore.of(home.place(SESSIONS), home.options().index());
  }

  /** Opens journaled ones: those whose event log is there. Nothing is left open if it fails. */
  static Future<Stores> journaled(Home home, Map<String, Journaled> logs) {
    Stores stores = new Stores(home);
    Future<Void> opened = Future.succeededFuture();
    Journaled audit = logs.get(IdentityBundle.AUDIT);
    if (audit != null) {
      opened = opened
          .compose(v -> AuditEventStore.journaled(
              audit, home.place(IdentityBundle.AUDIT), home.options().audit()))
          .map(store -> {
            stores.set(store);
            return null;
          });
    }
    Journaled chat = logs.get(IdentityBundle.CHAT);
    if (chat != null) {
      opened = opened
          .compose(v -> ChatHistoryStore.journaled(
              chat,
              home.place(IdentityBundle.CHAT),
              home.options().chat(),
              Optional.of(stores.sessions)))
          .map(store -> {
            stores.set(store);
            return null;
          });
    }
    Journaled artifacts = logs.get(IdentityBundle.ARTIFACTS);
    if (artifacts != null) {
      opened = opened
          .compose(v -> ArtifactStore.journaled(
              artifacts,
              home.place(IdentityBundle.ARTIFACTS),
              home.options().artifacts(),
              Optional.of(stores.sessions)))
          .map(store -> {
            stores.set(store);
            return null;
          });
    }
    return opened.map(stores).recover(failure -> stores.undone(failure));
  }

  /** Opens plain ones, as the options say. */
  static Future<Stores> plain(Home home) {
    Stores stores = new Stores(home);
    StoresOptions options = home.options();
    if (options.audit().enabled()) {
      stores.set(AuditEventStore.plain(home.place(IdentityBundle.AUDIT), options.audit()));
    }
    if (options.chat().enabled()) {
      stores.set(ChatHistoryStore.plain(
          home.place(IdentityBundle.CHAT), options.chat(), Optional.of(stores.sessions)));
    }
    if (options.artifacts().enabled()) {
      stores.set(ArtifactStore.plain(
          home.place(IdentityBundle.ARTIFACTS), options.artifacts(), Optional.of(stores.sessions)));
    }
    return stores.schedule().map(stores).recover(failure -> stores.undone(failure));
  }

  private <T> Future<T> undone(Throwable failure) {
    return close().transform(done -> Future.failedFuture(failure));
  }

  private void set(AuditEventStore store) {
    audit = store;
    home.audit().open(store.sink());
  }

  private void set(ChatHistoryStore store) {
    chat = store;
  }

  private void set(ArtifactStore store) {
    artifacts = store;
  }

  /**
   * Checks the name of a set of plain stores.
   *
   * @throws OptionsException if it can't be one
   */
  static String checkName(String name) {
    if (!name.matches("[A-Za-z0-9_-]{1,128}")) {
      throw new OptionsException(List.of(OptionsReader.problem(
          "name",
          "\"" + name.replaceAll("[^\\x20-\\x7e]", "?") + "\"",
          "1 to 128 of A-Z a-z 0-9 _ -")));
    }
    return name;
  }

  /**
   * Begins the schedule of cleanups; whoever removes for them knows by now where entries are to go.
   *
   * @return completes after the first run, if opening is to wait for it
   */
  Future<Void> schedule() {
    CleanupSchedule its =
        CleanupSchedule.of(home.runner(), home.options().cleanup(), chat(), artifacts(), audit());
    schedule = its;
    return its.start();
  }

  /** Ends the schedule, after a run that is under way. Idempotent. */
  Future<Void> endSchedule() {
    CleanupSchedule its = schedule;
    return its == null ? Future.succeededFuture() : its.close();
  }

  /** Conversations, unless they are off. */
  public Optional<ChatHistoryStore> chat() {
    return Optional.ofNullable(chat);
  }

  /** Artifacts, unless they are off. */
  public Optional<ArtifactStore> artifacts() {
    return Optional.ofNullable(artifacts);
  }

  /** The audit log, if it is on. */
  public Optional<AuditEventStore> audit() {
    return Optional.ofNullable(audit);
  }

  /** The index of the sessions that conversations and artifacts are about. */
  public SessionIndexStore sessions() {
    return sessions;
  }

  /**
   * Cleans up now, whatever the schedule: conversations, artifacts and audit log in this order, one at a
   * time.
   *
   * @return what was done, by the names of event logs; fails with the first failure, when the others are
   *     done
   */
  public Future<Map<String, CleanupReport>> cleanup() {
    Map<String, Supplier<Future<CleanupReport>>> cleanups = new LinkedHashMap<>();
    chat().ifPresent(store -> cleanups.put(IdentityBundle.CHAT, store::cleanup));
    artifacts().ifPresent(store -> cleanups.put(IdentityBundle.ARTIFACTS, store::cleanup));
    audit().ifPresent(store -> cleanups.put(IdentityBundle.AUDIT, store::cleanup));
    Map<String, CleanupReport> reports = new LinkedHashMap<>();
    List<Throwable> failures = new ArrayList<>();
    return Space.answered(
        home.runner(),
        () -> Steps.each(
                cleanups.keySet(),
                name -> Steps.attempt(requireNonNull(cleanups.get(name))).transform(done -> {
                  if (done.succeeded()) {
                    reports.put(name, done.result());
                  } else {
                    failures.add(done.cause());
                  }
                  return Future.succeededFuture();
                }))
            .compose(done -> failures.isEmpty()
                ? Future.succeededFuture(reports)
                : Future.failedFuture(failures.get(0))));
  }

  /**
   * Ends the schedule, and then the stores when what was asked for is done. Those of a replica are
   * closed with it. Idempotent. The storage stays open.
   */
  public Future<Void> close() {
    synchronized (this) {
      Future<Void> begun = closing;
      if (begun == null) {
        begun = endSchedule().transform(done -> closeAll());
        closing = begun;
      }
      return begun;
    }
  }

  /** Conversations and artifacts note something until they are closed, and touch the index. */
  private Future<Void> closeAll() {
    List<Future<Void>> noting = new ArrayList<>();
    chat().ifPresent(store -> noting.add(store.close()));
    artifacts().ifPresent(store -> noting.add(store.close()));
    return Future.join(noting).transform(done -> {
      home.audit().end();
      List<Future<Void>> rest = new ArrayList<>();
      rest.add(sessions.close());
      audit().ifPresent(store -> rest.add(store.close()));
      return Future.join(rest).compose(closed -> Future.join(noting)).mapEmpty();
    });
  }
}
