extension Phrases {
    package static let chinese = Phrases(
        figures: .chinese, observations: .chinese,
        environment: "环境", command: "命令与挂载", gpu: "GPU", hyperparameters: "超参数", metrics: "指标", curves: "曲线",
        logged: "程序记录的内容",
        notebook: "笔记本",
        executedCells: { link, done, cells in
            done == cells ? "\(link)，已执行全部 \(cells) 个单元格。" : "\(link)，已执行 \(cells) 个单元格中的 \(done) 个。"
        },
        cell: { "单元格 [\($0)]" },
        moreFigures: { "笔记本中还有 \($0) 张图：数量太多或太大，没有放在此页。" },
        colon: "：", observationsHeading: "观察", nextSteps: "下一步",
        model: "模型", optimizer: "优化器",
        batch: { local, workers, global in
            guard let workers, let global else { return "批大小 \(local)" }
            return "批大小 \(local) × \(workers) → \(global)"
        },
        workers: { count, areGPUs in areGPUs ? "\(count) 张 GPU" : "\(count) 个进程" },
        epochs: { "\($0) 轮" },
        status: { status in
            switch status {
            case .running: "运行中"
            case .finished: "已完成"
            case .failed: "失败"
            case .killed: "被终止"
            case .outOfMemory: "内存不足"
            case .stopped: "已停止"
            case .interrupted: "中断"
            }
        },
        endedBadly: { status, exit, reason, step in
            let parts = [exit, step.map { "最后一步 \($0)" }].compactMap { $0 }
            return "**运行未正常结束：\(status)**" + (parts.isEmpty ? "" : "（\(parts.joined(separator: "，"))）")
                + (reason.map { "：\($0)" } ?? "") + "。"
        },
        exitCode: { "退出码 \($0)" }, signal: { "信号 \($0)" }, lastOutput: "最后的输出：",
        lock: "锁文件", notLocked: "未锁定", image: "镜像", cpuBuild: "CPU 版",
        packages: { count, link in link.map { "\(count) 个，见[列表](\($0))" } ?? "\(count) 个" },
        packageList: "环境中的包", namedPackages: "指定的包", operatingSystem: "系统",
        processor: { name, cores in "\(name)，\(cores) 核" },
        memory: "内存", host: "主机", commit: "提交", branch: { "分支 \($0)" },
        uncommitted: { link in link.map { "有未提交的改动，见[补丁](\($0))" } ?? "有未提交的改动" },
        noCommit: "没有提交：该文件夹不在 git 管理之下",
        runAgain: "再次运行：",
        withoutBunsen: "不经 Bunsen、直接用引擎运行（含挂载与限制）：",
        workingFolder: "工作目录", engine: "引擎", variable: "变量",
        value: "值",
        dataFolder: "数据文件夹", digest: "摘要", files: "文件数", size: "大小",
        noGPU: "没有可见的 GPU：本次运行使用 CPU。", driver: "驱动",
        item: "项目", name: "名称", source: "来源", noParameters: "没有已知的超参数。",
        last: "最后", best: "最佳", atStep: { value, step in "\(value)（第 \(step) 步）" }, constant: "不变",
        points: "点数",
        noMetrics: "没有找到指标。", primaryMark: "★",
        allPoints: { "全部数据点见 [metrics.csv](\($0))。" },
        moreCurves: { "另有 \($0) 个指标没有在此画图；数据点见 metrics.csv。" },
        noCurves: "没有可以画的数据点。", step: { "第 \($0) 步" })
}
