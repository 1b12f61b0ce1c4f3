package io.tributary.server.cli;

import io.tributary.client.ReplicaOptions;
import io.tributary.client.identity.IdentityBundle;
import io.tributary.client.stores.StoresOptions;
import io.tributary.core.conflict.ConflictPolicies;
import io.tributary.core.retention.CompactionStrategy;
import io.tributary.core.retention.RetentionRule;
import io.tributary.server.config.HubConfig;
import io.tributary.server.config.RemoteConfig;
import io.tributary.server.config.ReplicaConfig;
import java.util.ArrayList;
import java.util.List;

/** The replica that a configuration asks for. */
final class ReplicaOf {
  /** Its name. */
  static final String NAME = "main";

  private ReplicaOf() {}

  /**
   * Its options by itself, without its storage: it syncs with nothing, and lets nothing go, since the
   * remote may be yet to get it.
   */
  static ReplicaOptions.Builder alone(HubConfig config) {
    RemoteConfig remote = config.remote();
    boolean audit = config.stores().audit().enabled()
        || (remote.replica() && remote.options().covers(IdentityBundle.AUDIT));
    ReplicaOptions.Builder options = ReplicaOptions.builder()
        .name(NAME)
        .policy(ConflictPolicies.named(config.replica().policy()))
        .stores(withoutCleanup(config.stores(), audit));
    String identity = remote.identity();
    if (identity != null) {
      options.identity(IdentityBundle.decode(identity));
    }
    return options;
  }

  /** Stores without a schedule of cleanups. */
  static StoresOptions withoutCleanup(StoresOptions stores, boolean audit) {
    StoresOptions.Audit its = stores.audit();
    return new StoresOptions(
        stores.chat(),
        stores.artifacts(),
        new StoresOptions.Audit(audit, its.maxEntries(), its.maxAge()),
        stores.index(),
        new StoresOptions.Cleanup(false, stores.cleanup().interval(), false));
  }

  /** Its options; it has the configured storage for itself, unless it is given one. */
  static ReplicaOptions.Builder options(HubConfig config) {
    ReplicaConfig replica = config.replica();
    ReplicaOptions.Builder options = ReplicaOptions.builder()
        .name(NAME)
        .storage(config.storage().provider(), config.storage().section())
        .policy(ConflictPolicies.named(replica.policy()))
        .stores(config.stores())
        .remote(config.remote().options());
    String identity = config.remote().identity();
    if (identity != null) {
      options.identity(IdentityBundle.decode(identity));
    }
    List<CompactionStrategy> strategies = new ArrayList<>();
    if (replica.byAge() != null) {
      strategies.add(CompactionStrategy.byAge(replica.byAge()));
    }
    if (replica.byCount() != null) {
      strategies.add(CompactionStrategy.byCount(replica.byCount()));
    }
    if (replica.bySizeBytes() != null) {
      strategies.add(CompactionStrategy.bySize(replica.bySizeBytes()));
    }
    if (replica.compaction() && !strategies.isEmpty()) {
      options.retention(RetentionRule.ofAll(
          CompactionStrategy.composite(strategies.toArray(new CompactionStrategy[0]))));
    }
    return options;
  }
}
