// What etcd's documentation for 3.5 has one type, page by page, word for word. `$ENDPOINTS` and the like, addresses such as
// `localhost:2379` and names of files stand for the test's own.

/** A line that is typed, and what is done until the next one. */
export interface Documented {
  readonly line: string;
  /** What is typed when it asks. */
  readonly input?: string;
  /** The id that the page shows as its answer, and has in later lines. */
  readonly id?: string;
  /**
   * For one that runs until it is interrupted: how many lines it prints.
   */
  readonly prints?: number;
  /** While it runs: lines in another terminal, and after `> ` what is typed into it. */
  readonly meanwhile?: readonly string[];
  /** Why ours does something else: the beginning of a row of the table in docs/cli.md. */
  readonly differs?: string;
}

/** Lines that are done once are a text. */
export type Page = readonly (string | Documented)[];

/** On a new etcd of one member. Revisions are those of the pages, so the first pages go first. */
export const singleMember: Readonly<Record<string, Page>> = {
  "Getting started with etcdctl: read and watch the past": [
    { line: "etcdctl version", differs: "version" },
    "etcdctl put foo bar         # revision = 2",
    "etcdctl put foo1 bar1       # revision = 3",
    "etcdctl put foo bar_new     # revision = 4",
    "etcdctl put foo1 bar1_new   # revision = 5",
    "etcdctl get --prefix foo # access the most recent versions of keys",
    "etcdctl get --prefix --rev=4 foo # access the versions of keys at revision 4",
    "etcdctl get --prefix --rev=3 foo # access the versions of keys at revision 3",
    "etcdctl get --prefix --rev=2 foo # access the versions of keys at revision 2",
    "etcdctl get --prefix --rev=1 foo # access the versions of keys at revision 1",
    "etcdctl get foo foo9 # access the most recent versions of keys",
    "etcdctl get --rev=4 foo foo9 # access the versions of keys at revision 4",
    "etcdctl get --rev=1 foo foo9 # access the versions of keys at revision 1",
    { line: "etcdctl watch --rev=2 foo", prints: 6 },
    { line: "etcdctl watch --rev=3 foo", prints: 3 },
    { line: "etcdctl watch --prev-kv foo", meanwhile: ["etcdctl put foo bar_latest"], prints: 5 },
    "etcdctl get mykey -w=json",
  ],
  "Maintenance and Getting started with etcdctl: compaction": [
    "etcdctl compact 3",
    "etcdctl get --rev=2 somekey",
    "etcdctl compact 5",
    "etcdctl get --rev=4 foo",
  ],
  "Getting started with etcdctl: keys": [
    "etcdctl put foo bar",
    "etcdctl put foo1 bar1",
    "etcdctl put foo2 bar2",
    "etcdctl put foo3 bar3",
    "etcdctl get foo",
    "etcdctl get foo --hex",
    "etcdctl get foo --print-value-only",
    "etcdctl get foo foo3",
    "etcdctl get --prefix foo",
    "etcdctl get --prefix --limit=2 foo",
    "etcdctl put a 123",
    "etcdctl put b 456",
    "etcdctl put z 789",
    "etcdctl put zoo val",
    "etcdctl put zoo1 val1",
    "etcdctl put zoo2 val2",
    "etcdctl get --from-key b",
    "etcdctl del foo",
    { line: "etcdctl del foo foo9", differs: "`del` of a range without `--range`" },
    "etcdctl del --prev-kv zoo",
    "etcdctl del --prefix zoo",
    "etcdctl del --from-key b",
  ],
  "Getting started with etcdctl: watch": [
    { line: "etcdctl watch foo", meanwhile: ["etcdctl put foo bar"], prints: 3 },
    { line: "etcdctl watch foo --hex", meanwhile: ["etcdctl put foo bar"], prints: 3 },
    { line: "etcdctl watch foo foo9", meanwhile: ["etcdctl put foo bar", "etcdctl put foo1 bar1"], prints: 6 },
    { line: "etcdctl watch --prefix foo", meanwhile: ["etcdctl put foo bar", "etcdctl put foo1 bar1"], prints: 6 },
    {
      line: "etcdctl watch -i",
      meanwhile: ["> watch foo", "> watch zoo", "etcdctl put foo bar", "etcdctl put zoo val"],
      prints: 6,
    },
    {
      line: "etcdctl watch -i",
      meanwhile: ["> watch a", "> progress", "etcdctl put x 0", "etcdctl put y 1", "> progress"],
      prints: 2,
    },
  ],
  "Getting started with etcdctl: leases": [
    { line: "etcdctl lease grant 60", id: "1234abcd" },
    "etcdctl put foo1 bar1 --lease=1234abcd",
    { line: "etcdctl lease grant 60", id: "32695410dcc0ca06" },
    "etcdctl put --lease=32695410dcc0ca06 foo bar",
    "etcdctl lease revoke 32695410dcc0ca06",
    "etcdctl get foo",
    { line: "etcdctl lease grant 60", id: "32695410dcc0ca06" },
    { line: "etcdctl lease keep-alive 32695410dcc0ca06", prints: 1 },
    { line: "etcdctl lease grant 500", id: "694d5765fc71500b" },
    "etcdctl put zoo1 val1 --lease=694d5765fc71500b",
    "etcdctl put zoo2 val2 --lease=694d5765fc71500b",
    "etcdctl lease timetolive 694d5765fc71500b",
    "etcdctl lease timetolive --keys 694d5765fc71500b",
  ],
  "Quickstart, Set up a local cluster, gRPC proxy": [
    'etcdctl put greeting "Hello, etcd"',
    "etcdctl get greeting",
    "./etcdctl put foo bar",
    "./etcdctl get foo",
    "etcdctl put key hello",
    "etcdctl get key",
    "ETCDCTL_API=3 etcdctl --endpoints=127.0.0.1:2379 put foo bar",
    "ETCDCTL_API=3 etcdctl --endpoints=127.0.0.1:2379 get foo",
    "ETCDCTL_API=3 etcdctl --endpoints=localhost:2379 get my-prefix/my-key",
  ],
  "Demo and tutorials: keys, transactions, watch, leases": [
    'etcdctl --endpoints=$ENDPOINTS put foo "Hello World!"',
    "etcdctl --endpoints=$ENDPOINTS get foo",
    'etcdctl --endpoints=$ENDPOINTS --write-out="json" get foo',
    "etcdctl --endpoints=$ENDPOINTS put web1 value1",
    "etcdctl --endpoints=$ENDPOINTS put web2 value2",
    "etcdctl --endpoints=$ENDPOINTS put web3 value3",
    "etcdctl --endpoints=$ENDPOINTS get web --prefix",
    "etcdctl --endpoints=$ENDPOINTS put key myvalue",
    "etcdctl --endpoints=$ENDPOINTS del key",
    "etcdctl --endpoints=$ENDPOINTS put k1 value1",
    "etcdctl --endpoints=$ENDPOINTS put k2 value2",
    "etcdctl --endpoints=$ENDPOINTS del k --prefix",
    "etcdctl --endpoints=$ENDPOINTS put user1 bad",
    {
      line: "etcdctl --endpoints=$ENDPOINTS txn --interactive",
      input: 'value("user1") = "bad"\n\ndel user1\n\nput user1 good\n\n',
    },
    "etcdctl --endpoints=$ENDPOINTS put user1 bad",
    {
      line: "etcdctl --endpoints=$ENDPOINTS txn --interactive",
      input: 'value("user1") = "bad"\n\nput user test\nput user2 testing3\nget user1\n\nput user1 bad\n\n',
    },
    {
      line: "etcdctl --endpoints=$ENDPOINTS watch stock1",
      meanwhile: ["etcdctl --endpoints=$ENDPOINTS put stock1 1000"],
      prints: 3,
    },
    {
      line: "etcdctl --endpoints=$ENDPOINTS watch stock --prefix",
      meanwhile: ["etcdctl --endpoints=$ENDPOINTS put stock1 10", "etcdctl --endpoints=$ENDPOINTS put stock2 20"],
      prints: 6,
    },
    { line: "etcdctl --endpoints=$ENDPOINTS lease grant 300", id: "2be7547fbc6a5afa" },
    "etcdctl --endpoints=$ENDPOINTS put sample value --lease=2be7547fbc6a5afa",
    "etcdctl --endpoints=$ENDPOINTS get sample",
    { line: "etcdctl --endpoints=$ENDPOINTS lease keep-alive 2be7547fbc6a5afa", prints: 1 },
    "etcdctl --endpoints=$ENDPOINTS lease revoke 2be7547fbc6a5afa",
    "etcdctl --endpoints=$ENDPOINTS get sample",
    "etcdctl --endpoints=$ENDPOINTS lock mutex1 -- etcdctl --endpoints=$ENDPOINTS put /critical done",
    "etcdctl --endpoints=$ENDPOINTS get /critical",
  ],
  "How to migrate": [
    { line: "ETCDCTL_API=2 etcdctl --endpoints=http://$ENDPOINT set foo bar", differs: "`ETCDCTL_API=2`" },
    'etcdctl --endpoints=$ENDPOINT migrate --data-dir="default.etcd" --wal-dir="default.etcd/member/wal"',
    "etcdctl --endpoints=$ENDPOINTS get /foo",
  ],
  "README of etcdctl": [
    "./etcdctl put foo bar",
    "./etcdctl put foo --ignore-value # to detache lease",
    "./etcdctl put foo bar1 --prev-kv",
    "./etcdctl put key -- -value",
    "./etcdctl put -- key2 -value",
    "./etcdctl get --prefix key",
    {
      line: "./etcdctl txn -i",
      input: 'mod("key1") > "0"\n\nput key1 "overwrote-key1"\n\nput key1 "created-key1"\nput key2 "some extra key"\n\n',
    },
    {
      line: "./etcdctl txn",
      input: 'mod("key1") > "0"\n\nput key1 "overwrote-key1"\n\nput key1 "created-key1"\nput key2 "some extra key"\n\n',
    },
    "./etcdctl compaction 7",
    { line: "ETCDCTL_WATCH_KEY=foo ./etcdctl watch", meanwhile: ["./etcdctl put foo bar"], prints: 3 },
    {
      line: "./etcdctl watch foo -- echo watch event received",
      meanwhile: ["./etcdctl put foo bar"],
      prints: 4,
    },
    {
      line: 'ETCDCTL_WATCH_KEY=foo ETCDCTL_WATCH_RANGE_END=foox ./etcdctl watch -- sh -c "env | grep ETCD_WATCH_ | sort"',
      meanwhile: ["./etcdctl put fob bar", "./etcdctl put foobar 1"],
      prints: 7,
    },
    {
      line: "./etcdctl watch -i",
      meanwhile: ["> watch foo -- echo watch event received", "./etcdctl put foo bar"],
      prints: 4,
    },
    { line: "./etcdctl lease grant 60", id: "32695410dcc0ca06" },
    "./etcdctl lease keep-alive --once 32695410dcc0ca06",
    "./etcdctl lease timetolive 32695410dcc0ca06 --write-out=json --keys",
    "./etcdctl lease revoke 32695410dcc0ca06",
    "./etcdctl lease timetolive 32695410dcc0ca06",
    "./etcdctl lock mylock echo lock acquired",
    "./etcdctl lock mylock ./etcdctl put foo bar",
    "./etcdctl endpoint health",
    "./etcdctl endpoint --cluster=true health",
    "./etcdctl endpoint --cluster status",
    "./etcdctl -w table endpoint --cluster status",
    "./etcdctl alarm list",
    "./etcdctl snapshot save snapshot.db",
    "./etcdctl --write-out=table snapshot status snapshot.db",
  ],
  "Maintenance and Disaster recovery: space and snapshots": [
    "etcdctl defrag",
    "etcdctl defrag --cluster",
    { line: "etcdctl defrag --data-dir DATA-DIR", differs: "`snapshot restore`, `defrag --data-dir`" },
    // With a pause, not as documented: how many fit depends on which of them etcd commits together, ten times a second.
    "while [ 1 ]; do sleep 0.3; dd if=/dev/urandom bs=1024 count=1024 2>/dev/null | ETCDCTL_API=3 etcdctl put key || break; done",
    "ETCDCTL_API=3 etcdctl --write-out=table endpoint status",
    "ETCDCTL_API=3 etcdctl alarm list",
    "rev=$(ETCDCTL_API=3 etcdctl --endpoints=:2379 endpoint status --write-out=\"json\" | egrep -o '\"revision\":[0-9]*' | egrep -o '[0-9].*'); ETCDCTL_API=3 etcdctl compact $rev",
    "ETCDCTL_API=3 etcdctl defrag",
    "ETCDCTL_API=3 etcdctl alarm disarm",
    "ETCDCTL_API=3 etcdctl put newkey 123",
    "etcdctl snapshot save backup.db",
    "ETCDCTL_API=3 etcdctl --endpoints $ENDPOINT snapshot save snapshot.db",
    { line: "ETCDCTL_API=3 etcdctl snapshot restore snapshot.db", differs: "`snapshot restore`, `defrag --data-dir`" },
  ],
  "Role-based access control": [
    "etcdctl user list",
    { line: "etcdctl user add myusername", input: "password\npassword\n" },
    "etcdctl role add foo",
    "etcdctl role add bar",
    "etcdctl user grant-role myusername foo",
    "etcdctl user revoke-role myusername bar",
    "etcdctl user get myusername",
    { line: "etcdctl user passwd myusername", input: "other\nother\n" },
    "etcdctl user delete myusername",
    "etcdctl user add myusername --no-password",
    "etcdctl role list",
    "etcdctl role add myrolename",
    "etcdctl role grant-permission myrolename read /foo",
    "etcdctl role grant-permission myrolename --prefix=true read /foo/",
    "etcdctl role grant-permission myrolename write /foo/bar",
    "etcdctl role grant-permission myrolename readwrite key1 key5",
    "etcdctl role grant-permission myrolename --prefix=true readwrite /pub/",
    "etcdctl role get myrolename",
    "etcdctl role revoke-permission myrolename /foo/bar",
    "etcdctl role delete myrolename",
    "etcdctl user add user:password",
    { line: "etcdctl user add root", input: "rootpw\nrootpw\n" },
    "etcdctl role add root",
    "etcdctl user grant-role root root",
    "etcdctl auth enable",
    "etcdctl --user user:password get foo",
    {
      line: "etcdctl --user user get foo",
      input: "password\n",
      differs: "`--user name` without a password, and no terminal",
    },
    "etcdctl --user user --password password get foo",
    "etcdctl --user root:rootpw auth disable",
    "etcdctl user delete root",
    "etcdctl role delete root",
  ],
  "Demo: Auth": [
    "etcdctl --endpoints=${ENDPOINTS} role add root",
    "etcdctl --endpoints=${ENDPOINTS} role grant-permission root readwrite foo",
    "etcdctl --endpoints=${ENDPOINTS} role get root",
    { line: "etcdctl --endpoints=${ENDPOINTS} user add root", input: "123\n123\n" },
    "etcdctl --endpoints=${ENDPOINTS} user grant-role root root",
    "etcdctl --endpoints=${ENDPOINTS} user get root",
    "etcdctl --endpoints=${ENDPOINTS} auth enable",
    "etcdctl --endpoints=${ENDPOINTS} --user=root:123 put foo bar",
    "etcdctl --endpoints=${ENDPOINTS} get foo",
    "etcdctl --endpoints=${ENDPOINTS} --user=root:123 get foo",
    "etcdctl --endpoints=${ENDPOINTS} --user=root:123 get foo1",
  ],
};

/** On a cluster of three members that both talk to. */
export const threeMembers: Readonly<Record<string, Page>> = {
  "Demo, tutorials and upgrades: status": [
    "etcdctl --endpoints=$ENDPOINTS member list",
    "etcdctl --write-out=table --endpoints=$ENDPOINTS endpoint status",
    "etcdctl --endpoints=$ENDPOINTS endpoint health",
    "ETCDCTL_API=3 etcdctl endpoint health --endpoints=localhost:2379,localhost:22379,localhost:32379",
    "etcdctl --write-out=table --endpoints=localhost:2379 member list",
    "etcdctl --endpoints=$HOST_1:2379 snapshot save my.db",
    "etcdctl --write-out=table --endpoints=$ENDPOINTS snapshot status my.db",
    "etcdctl defrag --cluster",
  ],
  "Downgrade etcd from 3.5 to 3.4": [
    "etcdctl --endpoints=localhost:2379,localhost:22379,localhost:32379 endpoint health",
    "etcdctl --endpoints=localhost:2379,localhost:22379,localhost:32379 endpoint status -w=table",
    "etcdctl --endpoints=localhost:2379,localhost:22379,localhost:32379 move-leader 91bc3c398fb3c146",
    "etcdctl --endpoints=localhost:2379,localhost:22379,localhost:32379 endpoint status -w=table",
  ],
  "Runtime reconfiguration, How to add and remove members": [
    "etcdctl member list",
    { line: "etcdctl member add infra3 --peer-urls=http://10.0.1.13:2380", id: "a8266ecf031671f3" },
    "etcdctl member update a8266ecf031671f3 --peer-urls=http://10.0.1.10:2380",
    "etcdctl member remove a8266ecf031671f3",
    { line: "etcdctl member add infra3 --peer-urls=http://10.0.1.14:2380 --learner", id: "9bf1b35fc7761a23" },
    "etcdctl member promote 9bf1b35fc7761a23",
    "etcdctl member add infra4 --peer-urls=http://10.0.1.15:2380 --learner",
    "etcdctl member promote 12345abcde",
    "etcdctl --endpoints=${HOST_1}:2379,${HOST_2}:2379,${HOST_3}:2379 member list",
    "etcdctl --endpoints=${HOST_1}:2379,${HOST_2}:2379,${HOST_3}:2379 member remove 9bf1b35fc7761a23",
  ],
};

/** On an etcd with TLS that wants a certificate. */
export const withTls: Readonly<Record<string, Page>> = {
  "gRPC proxy: TLS": [
    "ETCDCTL_API=3 etcdctl --endpoints=http://localhost:2379 endpoint status",
    "ETCDCTL_API=3 etcdctl --endpoints=https://localhost:2379 --cert=client.crt --key=client.key --cacert=ca.crt endpoint status",
    "ETCDCTL_API=3 etcdctl --endpoints=https://localhost:2379 --cert=client.crt --key=client.key --cacert=ca.crt put abc def",
  ],
};
