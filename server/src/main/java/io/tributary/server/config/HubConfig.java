package io.tributary.server.config;

import com.google.errorprone.annotations.CanIgnoreReturnValue;
import io.tributary.client.stores.StoresOptions;
import java.time.Duration;
import java.util.List;

/**
 * Everything a hub is told. Make one with {@link #builder()}, or read one with {@link ConfigReader}.
 *
 * @param host address to bind to
 * @param port 0 = any free one
 * @param tcp the TCP listener
 * @param admin the admin listener
 * @param origins browser origins accepted beside the own host
 * @param hosts host names accepted beside the own one
 * @param auth tokens
 * @param hubAuth who may use stores in the clear
 * @param storage where entries are kept
 * @param limits bounds
 * @param feed the live tail
 * @param retention what is removed after a while
 * @param compaction how stores in the clear are compacted for readers
 * @param remote the remote of this process's own replica, if it has one
 * @param replica how that replica treats its entries
 * @param stores the stores of that replica
 * @param shutdownGrace how long running writes may take to finish when the hub stops
 * @param log logging
 * @param insecureOpen whether it may listen beyond loopback without tokens
 */
public record HubConfig(
    String host,
    int port,
    TcpConfig tcp,
    AdminConfig admin,
    List<String> origins,
    List<String> hosts,
    AuthConfig auth,
    HubAuthConfig hubAuth,
    StorageConfig storage,
    LimitsConfig limits,
    FeedConfig feed,
    RetentionConfig retention,
    CompactionConfig compaction,
    RemoteConfig remote,
    ReplicaConfig replica,
    StoresOptions stores,
    Duration shutdownGrace,
    LogConfig log,
    boolean insecureOpen) {
  public HubConfig {
    origins = List.copyOf(origins);
    hosts = List.copyOf(hosts);
  }

  /** What a hub does when told nothing. */
  public static HubConfig defaults() {
    return builder().build();
  }

  /** Begins with the defaults. */
  public static Builder builder() {
    return new Builder();
  }

  /** What a hub is to be told, each method for the component of its name. Not thread-safe. */
  public static final class Builder {
    private String host = "127.0.0.1";
    private int port = 8787;
    private TcpConfig tcp = TcpConfig.defaults();
    private AdminConfig admin = AdminConfig.defaults();
    private List<String> origins = List.of();
    private List<String> hosts = List.of();
    private AuthConfig auth = AuthConfig.defaults();
    private HubAuthConfig hubAuth = HubAuthConfig.defaults();
    private StorageConfig storage = StorageConfig.defaults();
    private LimitsConfig limits = LimitsConfig.defaults();
    private FeedConfig feed = FeedConfig.defaults();
    private RetentionConfig retention = RetentionConfig.defaults();
    private CompactionConfig compaction = CompactionConfig.defaults();
    private RemoteConfig remote = RemoteConfig.defaults();
    private ReplicaConfig replica = ReplicaConfig.defaults();
    private StoresOptions stores = StoresOptions.DEFAULTS;
    private Duration shutdownGrace = Duration.ofSeconds(20);
    private LogConfig log = LogConfig.defaults();
    private boolean insecureOpen = false;

    private Builder() {}

    @CanIgnoreReturnValue
    public Builder host(String host) {
      this.host = host;
      return this;
    }

    @CanIgnoreReturnValue
    public Builder port(int port) {
      this.port = port;
      return this;
    }

    @CanIgnoreReturnValue
    public Builder tcp(TcpConfig tcp) {
      this.tcp = tcp;
      return this;
    }

    @CanIgnoreReturnValue
    public Builder admin(AdminConfig admin) {
      this.admin = admin;
      return this;
    }

    @CanIgnoreReturnValue
    public Builder origins(List<String> origins) {
      this.origins = origins;
      return this;
    }

    @CanIgnoreReturnValue
    public Builder hosts(List<String> hosts) {
      this.hosts = hosts;
      return this;
    }

    @CanIgnoreReturnValue
    public Builder auth(AuthConfig auth) {
      this.auth = auth;
      return this;
    }

    @CanIgnoreReturnValue
    public Builder hubAuth(HubAuthConfig hubAuth) {
      this.hubAuth = hubAuth;
      return this;
    }

    @CanIgnoreReturnValue
    public Builder storage(StorageConfig storage) {
      this.storage = storage;
      return this;
    }

    @CanIgnoreReturnValue
    public Builder limits(LimitsConfig limits) {
      this.limits = limits;
      return this;
    }

    @CanIgnoreReturnValue
    public Builder feed(FeedConfig feed) {
      this.feed = feed;
      return this;
    }

    @CanIgnoreReturnValue
    public Builder retention(RetentionConfig retention) {
      this.retention = retention;
      return this;
    }

    @CanIgnoreReturnValue
    public Builder compaction(CompactionConfig compaction) {
      this.compaction = compaction;
      return this;
    }

    @CanIgnoreReturnValue
    public Builder remote(RemoteConfig remote) {
      this.remote = remote;
      return this;
    }

    @CanIgnoreReturnValue
    public Builder replica(ReplicaConfig replica) {
      this.replica = replica;
      return this;
    }

    @CanIgnoreReturnValue
    public Builder stores(StoresOptions stores) {
      this.stores = stores;
      return this;
    }

    @CanIgnoreReturnValue
    public Builder shutdownGrace(Duration shutdownGrace) {
      this.shutdownGrace = shutdownGrace;
      return this;
    }

    @CanIgnoreReturnValue
    public Builder log(LogConfig log) {
      this.log = log;
      return this;
    }

    @CanIgnoreReturnValue
    public Builder insecureOpen(boolean insecureOpen) {
      this.insecureOpen = insecureOpen;
      return this;
    }

    public HubConfig build() {
      return new HubConfig(
          host,
          port,
          tcp,
          admin,
          origins,
          hosts,
          auth,
          hubAuth,
          storage,
          limits,
          feed,
          retention,
          compaction,
          remote,
          replica,
          stores,
          shutdownGrace,
          log,
          insecureOpen);
    }
  }
}
