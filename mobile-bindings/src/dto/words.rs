//! Fixed words, as the core knows them. In JSON and JavaScript each is its stable name, such as `on_site`.

use sync_core::{coverage, document::facts, phone, reference};

/// Declares an enum that mirrors one of the core's: the compiler finds a value that one of them lacks.
macro_rules! mirrors {
    ($($(#[$doc:meta])* $core:ty = $text:literal => $name:ident { $($(#[$vdoc:meta])* $variant:ident),* $(,)? })*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
        #[serde(from = $text, into = $text)]
        #[cfg_attr(not(target_arch = "wasm32"), derive(uniffi::Enum))]
        pub enum $name { $($(#[$vdoc])* $variant),* }
        impl From<$core> for $name {
            fn from(core: $core) -> Self {
                match core { $(<$core>::$variant => Self::$variant),* }
            }
        }
        impl From<$name> for $core {
            fn from(own: $name) -> Self {
                match own { $($name::$variant => <$core>::$variant),* }
            }
        }
    )*
        /// Every type with the stable names of its values.
        #[cfg(test)]
        fn names() -> Vec<(&'static str, Vec<String>)> {
            let name = |value: serde_json::Value| value.as_str().unwrap_or_default().to_owned();
            vec![$((stringify!($name), vec![$(name(serde_json::json!($name::$variant))),*])),*]
        }
    };
}

mirrors! {
    /// How the service is given.
    facts::Mode = "facts::Mode" => Mode {
        /// At the customer's.
        OnSite,
        /// From afar.
        Remote,
    }

    /// 服务类别: what kind of work a work item is.
    facts::Category = "facts::Category" => Category {
        /// 应用软件
        ApplicationSoftware,
        /// 接口开发
        InterfaceDevelopment,
        /// 定制开发
        Customisation,
        /// 数据库
        Database,
        /// 操作系统
        OperatingSystem,
        /// 服务器硬件
        ServerHardware,
        /// 存储
        Storage,
        /// 网络
        Network,
        /// 安全
        Security,
        /// 数据录入: the customer's own work.
        DataEntry,
        /// 培训
        Training,
        /// 咨询
        Consulting,
        /// 其他
        Other,
    }

    /// Who demanded the visit, by role.
    facts::RequesterRole = "facts::RequesterRole" => RequesterRole {
        /// The customer.
        Customer,
        /// Sales.
        Sales,
        /// The service manager.
        ServiceManager,
        /// The account manager.
        AccountManager,
        /// The leadership.
        Leadership,
        /// Somebody else.
        Other,
    }

    /// How the demand was made.
    facts::Channel = "facts::Channel" => Channel {
        /// By telephone.
        Phone,
        /// By WeChat.
        WeChat,
        /// Face to face.
        InPerson,
        /// By mail.
        Email,
        /// By a ticket.
        Ticket,
        /// Otherwise.
        Other,
    }

    /// 工时: what the time was spent on.
    facts::TimeKind = "facts::TimeKind" => TimeKind {
        /// Work.
        Labour,
        /// On the way.
        Travel,
        /// Waiting for something or somebody.
        Waiting,
        /// A break; taken out of labour.
        Break,
    }

    /// 费用
    facts::ExpenseKind = "facts::ExpenseKind" => ExpenseKind {
        /// Taxi.
        Taxi,
        /// Hotel.
        Hotel,
        /// Meal.
        Meal,
        /// Train, plane, bus.
        Transport,
        /// A spare part.
        Part,
        /// Anything else.
        Other,
    }

    /// 异议: what the engineer advised against and had to do, or relief that was refused.
    facts::ObjectionKind = "facts::ObjectionKind" => ObjectionKind {
        /// Done against the engineer's advice.
        AgainstAdvice,
        /// Relief was asked for and refused.
        ReliefRefused,
    }

    /// 签收: how the customer answered.
    facts::SignOffOutcome = "facts::SignOffOutcome" => SignOffOutcome {
        /// Accepted.
        Accepted,
        /// Accepted, with reservations.
        AcceptedWithReservations,
        /// Refused.
        Refused,
        /// Nobody was there to sign.
        NobodyPresent,
    }

    /// 分诊: what was found out before somebody was sent.
    facts::TriageOutcome = "facts::TriageOutcome" => TriageOutcome {
        /// Somebody must be there.
        OnSite,
        /// It can be done remotely.
        Remote,
        /// The questions did not tell.
        Unclear,
    }

    /// An engineer joins a visit or leaves it.
    facts::CrewAction = "facts::CrewAction" => CrewAction {
        /// Joins.
        Join,
        /// Leaves.
        Leave,
    }

    /// A language that texts exist in.
    facts::Lang = "facts::Lang" => Lang {
        /// 简体中文
        ZhCn,
        /// English
        En,
    }

    /// 合同覆盖结论
    coverage::Coverage = "coverage::Coverage" => Coverage {
        /// A contract covers it.
        Covered,
        /// None does.
        NotCovered,
        /// Somebody must decide.
        NeedsDecision,
    }

    /// How loud a flag is.
    coverage::Severity = "coverage::Severity" => Severity {
        /// To know.
        Info,
        /// To look at.
        Warning,
        /// To act on.
        Critical,
    }

    /// Where a visit stands between this phone and the server.
    phone::SyncState = "phone::SyncState" => SyncState {
        /// The server has confirmed everything.
        Synced,
        /// Something is only on this phone.
        Unsynced,
        /// The server refused something; it is kept there and here.
        Quarantined,
    }

    /// 医院等级
    reference::Tier = "reference::Tier" => Tier {
        /// 三级
        Tertiary,
        /// 二级
        Secondary,
        /// 社区
        Community,
        /// 县级
        County,
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn typescript_knows_every_value_by_its_stable_name() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/web/src/generated.ts");
        let text = std::fs::read_to_string(path).unwrap();
        for (name, values) in super::names() {
            let (_, rest) = text.split_once(&format!("export type {name} =")).unwrap();
            let (union, _) = rest.split_once("\n\n").unwrap();
            let listed: Vec<&str> =
                union.lines().filter_map(|l| l.trim().strip_prefix("| '")?.split('\'').next()).collect();
            assert_eq!(listed, values, "{name}");
        }
    }
}
