# 签收：所示文字中的分钟数，以及签收不符的原因。

record-minutes = { $minutes } 分钟

mismatch-heads = 签收所指的内容不在本次服务记录中，或签收并非在该内容之上作出
mismatch-summary = 服务记录的内容与签收时不一致
mismatch-text = 签收时出示的文字与签收所指的不一致
mismatch-strokes = 手写签名与记录时不一致
mismatch-device = 签收并非由写入它的设备作出，或该设备未登记
mismatch-signature = 设备签名不符
